"""Public data of demand: what ships, and what has to be fetched by hand."""

from headway.datasets.dataset import Dataset

BAKERY = Dataset(
    name="bakery",
    summary="Daily sales of 3 products in 35 shops of a German bakery chain, 2016-2018",
    licence="BSD-3-Clause (of the package ddop)",
    source="ddop 0.7.6",
    use="problem=inventory/lost_sales problem.demand=bakery",
)

M5 = Dataset(
    name="m5",
    summary="Daily unit sales of 3,049 products in 10 Walmart stores over 5.4 years",
    licence="Kaggle's competition rules",
    source="Makridakis, Spiliotis and Assimakopoulos, M5 accuracy competition, Int. J. Forecasting 2022",
    byhand="accept the rules at kaggle.com/competitions/m5-forecasting-accuracy, download sales_train_evaluation.csv; "
    "docs/inventory_data.md says how tables of demand are read",
)
