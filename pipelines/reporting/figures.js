// Draws the figures of a report with plotly, in the colours of the page, as they come into view; the legend above them
// shows and hides a contestant in all of them. What cannot run leaves the drawings that are on the page already.
(async () => {
  const inflate = async (id) => {
    const packed = atob(document.getElementById(id).textContent);
    const bytes = Uint8Array.from(packed, (sign) => sign.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  };
  const figures = JSON.parse(await inflate("figures"));
  const script = document.createElement("script");
  script.textContent = await inflate("plotly");
  document.head.append(script);

  // -- the page's colours: "--s3" is that variable, "--s3/16" the same at 16 per cent ------------------------------
  const coloured = (value) => {
    if (Array.isArray(value)) return value.map(coloured);
    if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, coloured(v)]));
    if (typeof value !== "string" || !/^--\w+(\/\d+)?$/.test(value)) return value;
    const [name, share] = value.split("/");
    const hex = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const [red, green, blue] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
    return share ? `rgba(${red},${green},${blue},${share / 100})` : hex;
  };
  const axis = { automargin: true, gridcolor: "--rule", linecolor: "--rule", zeroline: false, showline: true, ticks: "",
    tickfont: { color: "--ink" }, rangeselector: { bgcolor: "--wash", activecolor: "--rule", font: { color: "--ink", size: 11 }, y: 1.02 } };
  const base = { paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", margin: { l: 8, r: 12, t: 30, b: 8 },
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: "--ink" },
    hoverlabel: { bgcolor: "--card", bordercolor: "--rule", font: { color: "--ink" }, align: "left", namelength: -1 },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: "--soft", activecolor: "--ink" },
    legend: { orientation: "h", y: -0.14, yanchor: "top", font: { size: 11 } },
    // A finger that scrolls the page must not zoom the figure under it.
    dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom" };
  const config = { responsive: true, displaylogo: false, displayModeBar: "hover", scrollZoom: false,
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d"] };

  const hidden = (place) => new Set([...place.closest("section").querySelectorAll(".legend [aria-pressed=false]")].map((x) => x.dataset.group));
  const traces = (place) => figures[place.dataset.figure].data.map((trace) => ({ ...trace, visible: !hidden(place).has(trace.legendgroup) }));
  const layout = (place) => {
    const own = figures[place.dataset.figure].layout;
    const merged = (which) => ({ ...axis, ...own[which], rangeselector: { ...axis.rangeselector, ...own[which].rangeselector } });
    return { ...base, ...own, xaxis: merged("xaxis"), yaxis: merged("yaxis") };
  };
  const draw = async (place) => {
    await Plotly.react(place, coloured(traces(place)), coloured(layout(place)), {
      ...config, toImageButtonOptions: { format: "svg", filename: place.closest("figure").querySelector("h3").textContent } });
    if (place.classList.contains("drawn")) return;
    place.classList.add("drawn");
    place.on("plotly_relayout", (change) => follow(place, change));
  };

  // -- heights follow the span of time that is chosen --------------------------------------------------------------
  const follow = (place, change) => {
    if (place.layout.xaxis.type !== "date" || "yaxis.range[0]" in change || "yaxis.autorange" in change || "yaxis.range" in change) return;
    if (!Object.keys(change).some((key) => key.startsWith("xaxis"))) return;
    const [from, to] = place.layout.xaxis.range.map((day) => new Date(day));
    const seen = place.data.filter((trace) => trace.visible === true && !trace.stackgroup)
      .flatMap((trace) => trace.y.filter((value, k) => value !== null && new Date(trace.x[k]) >= from && new Date(trace.x[k]) <= to));
    if (change["xaxis.autorange"] || !seen.length) return Plotly.relayout(place, { "yaxis.autorange": true });
    const ends = [Math.min(...seen), Math.max(...seen)].map((y) => (place.layout.yaxis.type === "log" ? Math.log10(y) : y));
    const room = 0.05 * (ends[1] - ends[0] || 1);
    Plotly.relayout(place, { "yaxis.range": [ends[0] - room, ends[1] + room] });
  };

  const places = [...document.querySelectorAll(".live")];
  const drawn = () => places.filter((place) => place.classList.contains("drawn"));
  for (const item of document.querySelectorAll(".legend .who")) {
    Object.assign(item, { tabIndex: 0, role: "button", title: "show or hide; double click: this one alone" });
    item.setAttribute("aria-pressed", true);
    const others = [...item.parentElement.children];
    const redraw = () => drawn().filter((place) => item.closest("section").contains(place)).forEach(draw);
    const toggle = () => { item.setAttribute("aria-pressed", item.getAttribute("aria-pressed") !== "true"); redraw(); };
    item.addEventListener("click", toggle);
    item.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); toggle(); } });
    item.addEventListener("dblclick", () => {
      const alone = others.every((other) => other === item || other.getAttribute("aria-pressed") === "false");
      others.forEach((other) => other.setAttribute("aria-pressed", alone || other === item));
      redraw();
    });
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawn().forEach(draw));
  const watcher = new IntersectionObserver((entries) => entries.filter((entry) => entry.isIntersecting).forEach((entry) => {
    watcher.unobserve(entry.target);
    draw(entry.target);
  }), { rootMargin: "800px" });
  places.forEach((place) => watcher.observe(place));
})();
