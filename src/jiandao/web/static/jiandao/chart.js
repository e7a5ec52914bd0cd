// Draws the charts of a page; the numbers stand in a table beside each, so a failure here costs nobody anything.
const SHAPES = ["circle", "rect", "triangle", "diamond", "roundRect", "pin"];
const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const narrow = 480; // pixels of a figure below which labels stand in the bars and axes are short

function load(url) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
}

function palette(onPaper) {
  const light = onPaper || !dark.matches;
  return light
    ? { ink: "#1b2733", grey: "#4f5d6b", line: "#d5dce4", paper: "#ffffff",
        series: ["#14508c", "#c77700", "#1c6b3c", "#6b4ba1", "#0f7c85", "#8a5200"] }
    : { ink: "#e6ebf0", grey: "#aab6c2", line: "#3a4652", paper: "#1d252d",
        series: ["#6ea8e5", "#f0a84a", "#6ec48e", "#b79ae6", "#52c2cc", "#d9a45f"] };
}

const escapeRich = (text) => String(text).replace(/[{}|]/g, " "); // marks of the drawn labels' own language

function funnel(data, colour, width) {
  const values = data.series[0].values;
  const words = data.series[0].words;
  const small = width < narrow;
  const most = Math.max(...values.map((value) => value ?? 0));
  // Bars around a common middle: their lengths can be compared, which the slanted sides of a usual funnel cannot.
  const beside = (i) => `${words[i]}${data.shares[i] !== "—" ? `  ${data.shares[i]}` : ""}`;
  const label = small
    ? { position: [0, -17], formatter: (p) => `${escapeRich(data.categories[p.dataIndex])}  ${beside(p.dataIndex)}` }
    : { position: "right", formatter: (p) => beside(p.dataIndex) };
  return {
    grid: { left: 24, right: 8, top: small ? 12 : 4, bottom: 4, containLabel: !small },
    xAxis: { show: false, type: "value", min: 0, max: small ? most : most * 1.25 },
    yAxis: {
      type: "category", inverse: true, data: data.categories, axisLine: { show: false }, axisTick: { show: false },
      axisLabel: { show: !small, color: colour.ink, fontSize: 13 },
    },
    series: [
      {
        type: "bar", stack: "f", silent: true, itemStyle: { color: "transparent" }, barWidth: small ? 16 : "68%",
        data: values.map((v) => (small ? 0 : (most - (v ?? 0)) / 2)),
      },
      {
        type: "bar", stack: "f", itemStyle: { color: colour.series[0] }, data: values.map((v) => v ?? 0),
        label: { show: true, color: colour.ink, fontSize: 13, ...label },
      },
    ],
  };
}

function scatter(data, colour) {
  const sizes = data.series.flatMap((s) => s.sizes.filter((one) => one));
  const most = Math.max(1, ...sizes);
  const axis = { type: "value", scale: true, axisLabel: { color: colour.grey, hideOverlap: true }, splitLine: { lineStyle: { color: colour.line } }, nameTextStyle: { color: colour.grey } };
  return {
    xAxis: { ...axis, name: data.xLabel, nameLocation: "middle", nameGap: 28 },
    yAxis: { ...axis, name: data.valueLabel },
    grid: { left: 8, right: 24, top: data.series.length > 1 ? 64 : 40, bottom: 28, containLabel: true },
    series: data.series.map((s, i) => ({
      type: "scatter", name: s.name, symbol: SHAPES[i % SHAPES.length],
      itemStyle: { opacity: 0.8, borderColor: colour.paper, borderWidth: 1 },
      data: s.values.map((value, at) => ({
        name: data.categories[at], value: [s.xs[at], value],
        // The area, not the diameter, stands for the number.
        symbolSize: s.sizes.length ? Math.max(6, 44 * Math.sqrt((s.sizes[at] ?? 0) / most)) : 11,
      })),
    })),
  };
}

function bars(data, colour, width) {
  const line = data.kind === "line";
  return {
    grid: { left: 8, right: 16, top: data.series.length > 1 ? 40 : 24, bottom: 8, containLabel: true },
    xAxis: {
      type: "category", data: data.categories, boundaryGap: !line, axisLine: { lineStyle: { color: colour.line } },
      axisLabel: { color: colour.grey, hideOverlap: true, interval: line ? "auto" : 0, rotate: !line && data.categories.length * 56 > width ? 40 : 0 },
    },
    yAxis: { type: "value", axisLabel: { color: colour.grey, formatter: (value) => value.toLocaleString("en-US") }, splitLine: { lineStyle: { color: colour.line } } },
    series: data.series.map((s, i) => ({
      cursor: s.hrefs.some(Boolean) ? "pointer" : "default",
      type: line ? "line" : "bar", name: s.name, data: s.values, barMaxWidth: 40, stack: data.kind === "stacked" ? "all" : undefined,
      symbol: SHAPES[i % SHAPES.length], symbolSize: 7,
    })),
  };
}

function option(data, width, onPaper) {
  const colour = palette(onPaper);
  const own = (data.kind === "funnel" ? funnel : data.kind === "scatter" ? scatter : bars)(data, colour, width);
  const single = data.kind === "funnel" || data.kind === "scatter";
  const shown = (p) => data.series[Math.min(p.seriesIndex, data.series.length - 1)];
  return {
    color: colour.series,
    animation: !calm && !onPaper,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: colour.ink },
    aria: { enabled: true, decal: { show: data.series.length > 1 && data.kind !== "scatter" } },
    legend: data.series.length > 1 ? { top: 0, left: 0, type: "scroll", textStyle: { color: colour.ink } } : undefined,
    // The usual tooltip is HTML with inline styles, which the content security policy refuses; this one is drawn.
    tooltip: {
      renderMode: "richText", trigger: single ? "item" : "axis", confine: true,
      backgroundColor: colour.paper, borderColor: colour.line, textStyle: { color: colour.ink },
      formatter: (one) => {
        const points = [one].flat();
        const head = escapeRich(single ? data.categories[points[0].dataIndex] : points[0].axisValue);
        const lines = points.map((p) => `${data.series.length > 1 ? `${escapeRich(p.seriesName)} ` : ""}${shown(p).words[p.dataIndex]}`);
        return [head, ...lines].join("\n");
      },
    },
    ...own,
  };
}

function begin(figure) {
  const data = JSON.parse(document.getElementById(figure.dataset.chart).textContent);
  const place = figure.querySelector(".jd-canvas");
  if (data.kind === "funnel") place.dataset.steps = Math.min(data.categories.length, 12);
  const chart = window.echarts.init(place, null, { renderer: "svg" });
  const draw = (onPaper = false) => chart.setOption(option(data, place.clientWidth, onPaper), true);
  const href = (p) => data.series[Math.min(p.seriesIndex, data.series.length - 1)]?.hrefs[p.dataIndex] || "";
  chart.on("click", (p) => {
    const target = href(data.kind === "funnel" ? { ...p, seriesIndex: 0 } : p);
    if (target) window.location.assign(target);
  });
  draw();
  new ResizeObserver(() => {
    chart.resize();
    draw();
  }).observe(place);
  dark.addEventListener("change", () => draw());
  window.addEventListener("beforeprint", () => draw(true));
  window.addEventListener("afterprint", () => draw());
  if (data.kind !== "funnel") figure.querySelector("details").open = false; // a funnel's table says why, and stays
}

const figures = [...document.querySelectorAll("[data-chart]")];
await load(figures[0].dataset.echarts);
figures.forEach(begin);
