"""Public traces of VMs that `read_azure_packing` and `read_huawei` read."""

from headway.datasets.dataset import Dataset, File

_AZURE = "https://github.com/Azure/AzurePublicDataset/releases/download/dataset-packing-2020"
_HUAWEI = "https://raw.githubusercontent.com/mail-ecnu/VMAgent/1ffabd6952df7bb6694d346390762033028e2d89/vmagent/data"

AZURE_PACKING = Dataset(
    name="azure_packing",
    summary="Requests for VMs in one zone of Azure over 14 days, in fractions of a machine (zipped sqlite)",
    licence="CC BY 4.0",
    source="Hadary et al., Protean: VM allocation service at scale, OSDI 2020",
    listing=lambda: {
        "AzurePackingTraceV1.zip": File(f"{_AZURE}/azurevmallocation_dataset2020_AzurePackingTraceV1.zip")
    },
    use="docs/vm_rescheduling.md",
)

HUAWEI_EAST_1 = Dataset(
    name="huawei_east_1",
    summary="125,430 creations and 116,313 deletions of VMs in one region of Huawei Cloud over 30 days (CSV)",
    licence="CC BY-NC (as its publisher says); the repository that carries it MIT",
    source="Sheng et al., VMAgent, arXiv 2112.04785",
    listing=lambda: {
        "Huawei-East-1.csv": File(f"{_HUAWEI}/Huawei-East-1.csv", "git:bd99b76efa7e01a195e56a1f977992cc81fc9cc2")
    },
    use="docs/vm_rescheduling.md",
)
