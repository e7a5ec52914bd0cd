// Draws the charts of a page; the numbers stand in a table beside each, so a failure here costs nobody anything.
const COLOURS = ["#14508c", "#c77700", "#1c6b3c", "#6b4ba1", "#0f7c85", "#8a5200"];
const SHAPES = ["circle", "rect", "triangle", "diamond", "roundRect", "pin"];
const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

function load(url) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
}

function option(data) {
  const text = { fontFamily: getComputedStyle(document.body).fontFamily, color: "#1b2733" };
  const base = {
    color: COLOURS,
    animation: !calm,
    textStyle: text,
    aria: { enabled: true, decal: { show: data.series.length > 1 } },
    // The usual tooltip is HTML with inline styles, which the content security policy refuses; this one is drawn.
    tooltip: { renderMode: "richText", trigger: data.kind === "funnel" ? "item" : "axis" },
  };
  if (data.kind === "funnel") {
    const values = data.series[0].values;
    return {
      ...base,
      series: [
        {
          type: "funnel", sort: "none", left: "25%", right: "25%", top: 8, bottom: 8, gap: 2,
          label: { position: "right", formatter: (p) => `${p.name}  ${p.value.toLocaleString()}` },
          itemStyle: { color: COLOURS[0] },
          data: data.categories.map((name, i) => ({ name, value: values[i] })),
        },
      ],
    };
  }
  return {
    ...base,
    grid: { left: 8, right: 16, top: data.series.length > 1 ? 40 : 24, bottom: 8, containLabel: true },
    legend: data.series.length > 1 ? { top: 0, left: 0 } : undefined,
    xAxis: { type: "category", data: data.categories, axisLabel: { color: "#4f5d6b" } },
    yAxis: { type: "value", axisLabel: { color: "#4f5d6b" } },
    series: data.series.map((s, i) => ({
      type: data.kind, name: s.name, data: s.values, barMaxWidth: 40, symbol: SHAPES[i % SHAPES.length], symbolSize: 7,
    })),
  };
}

const figures = [...document.querySelectorAll("[data-chart]")];
await load(figures[0].dataset.echarts);
for (const figure of figures) {
  const data = JSON.parse(document.getElementById(figure.dataset.chart).textContent);
  const place = figure.querySelector(".jd-canvas");
  const chart = window.echarts.init(place, null, { renderer: "canvas" });
  chart.setOption(option(data));
  new ResizeObserver(() => chart.resize()).observe(place);
}
