// Draws the charts of a deploy's and an impact source's page with uPlot: a cursor that tells figures, and a zoom.
// The figures come from data-chart; without this script the server's SVG stays.
(() => {
  "use strict";
  if (!window.uPlot || !window.sleuthPaint) return;
  const { coloursOf, paint } = window.sleuthPaint;
  const HEIGHT = 220;
  const FEWEST_BUCKETS = 5;
  const TIMES = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 7200, 14400, 43200, 86400, 172800].map((minutes) => minutes * 60);
  const COUNTS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7].flatMap((each) => [each, 2 * each, 5 * each]);
  const STRIDE = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity };
  const HINTS = {
    mouse: "Point at the chart, or move with the arrow keys; drag to zoom.",
    finger: "Tap the chart, or slide a finger across it.",
  };
  const charts = new Map();

  // --- Numbers ---------------------------------------------------------------------------
  const columnsOf = (data) => {
    const top = 2 * Math.max(1, ...data.counts);
    const high = data.counts.map(() => null);
    for (const [index, , level] of data.band) high[index] = Math.min(level, top);
    const starts = data.counts.map((_count, index) => data.start + (index + 0.5) * data.step);
    const lineAt = (index) => {
      const isOn = { before: index < data.deploy, after: index > data.deploy && index <= data.deploy + data.own };
      return Math.max(data.limit ?? 0, ...data.averages.filter(([part]) => isOn[part]).map(([, level]) => level));
    };
    return [starts, data.counts, high, data.counts.map((_count, index) => lineAt(index))];
  };

  const spanOf = (data) => [data.start, data.start + data.counts.length * data.step];

  const whole = (data, min, max) => {
    // Ends of a zoom lie between buckets, and it is never so close that nothing can be compared.
    const [first, last] = spanOf(data);
    const isAll = min === null || (min <= first + data.step / 2 && max >= last - data.step / 2);
    if (isAll) return [first, last];
    const size = Math.min(last - first, Math.max(FEWEST_BUCKETS, Math.round((max - min) / data.step)) * data.step);
    const from = data.start + Math.round((min - data.start) / data.step) * data.step;
    const start = Math.max(first, Math.min(from, last - size));
    return [start, start + size];
  };

  // --- The read-out ------------------------------------------------------------------------
  const timeOf = (data, index) =>
    new Date((data.start + index * data.step) * 1000).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });

  const errorsOf = (data, index) => {
    const count = data.counts[index];
    if (count === null) return data.parts[index] === "upcoming" ? "" : "unknown";
    return `${count} ${count === 1 ? "error" : "errors"}`;
  };

  const words = (data, index) =>
    [
      timeOf(data, index),
      errorsOf(data, index),
      data.ranges[index] && `${data.ranges[index]} expected`,
      data.words[index],
      ...(data.deploys[index] || []),
    ].filter(Boolean).join(" · ");

  const pointed = ({ plot: { cursor } }) => (cursor.left >= 0 ? (cursor.idx ?? null) : null);

  const tell = (chart) => {
    const index = pointed(chart);
    const said = index === null ? chart.hint : words(chart.data, index);
    if (chart.readOut.textContent !== said) chart.readOut.textContent = said;
  };

  // --- The cursor and the zoom -----------------------------------------------------------------
  // Where a cursor begins: at the deploy, or at the newest bucket of a series.
  const placeOf = (data) => data.deploy ?? data.counts.length - 1;

  const middleOf = (data, index) => data.start + (index + 0.5) * data.step;

  const pointAt = ({ plot, data }, index) =>
    plot.setCursor({ left: plot.valToPos(middleOf(data, index), "x"), top: 0 });

  const zoom = (chart, from, to, index = pointed(chart)) => {
    const [min, max] = whole(chart.data, from, to);
    chart.plot.setScale("x", { min, max });
    // The scale is another one only once uPlot's own task has run.
    if (index !== null) queueMicrotask(() => pointAt(chart, index));
  };

  const moveTo = (chart, index) => {
    const { min, max } = chart.plot.scales.x;
    const at = middleOf(chart.data, index);
    const half = chart.data.step / 2;
    if (at < min) zoom(chart, at - half, at - half + max - min, index);
    else if (at > max) zoom(chart, at + half - max + min, at + half, index);
    else pointAt(chart, index);
  };

  const step = (chart, event) => {
    const stride = STRIDE[event.key];
    if (stride === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const from = pointed(chart) ?? placeOf(chart.data) - Math.sign(stride);
    moveTo(chart, Math.max(0, Math.min(chart.data.counts.length - 1, from + stride)));
  };

  const zoomIn = (chart) => {
    const { min, max } = chart.plot.scales.x;
    const middle = middleOf(chart.data, pointed(chart) ?? placeOf(chart.data));
    zoom(chart, middle - (max - min) / 4, middle + (max - min) / 4);
  };

  const reset = (chart) => {
    zoom(chart, ...spanOf(chart.data));
    if (document.activeElement === chart.undo) chart.stage.focus();
  };

  const showButtons = (chart) => {
    const { min, max } = chart.plot.scales.x;
    const [first, last] = spanOf(chart.data);
    chart.undo.hidden = min <= first && max >= last;
    chart.closer.disabled = max - min <= FEWEST_BUCKETS * chart.data.step;
  };

  // --- Making one, and keeping it ------------------------------------------------------------
  const make = (tag, css, text = "") => {
    const made = document.createElement(tag);
    made.className = css;
    made.textContent = text;
    if (tag === "button") made.type = "button";
    return made;
  };

  // As numbers are written everywhere: 12 345.
  const grouped = (count) => String(count).replace(/\B(?=(\d{3})+$)/g, "\u202f");

  const labelsOf = (data, splits) => {
    const dayOf = (at) => at.toLocaleDateString(undefined, { day: "numeric", month: "short" });
    const hourOf = (at) => at.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
    const times = splits.map((each) => new Date(each * 1000));
    return times.map((at) => (data.step >= 3600 && at.getHours() === 0 ? dayOf(at) : hourOf(at)));
  };

  const optionsOf = (chart, width) => {
    const axis = (values) => ({
      stroke: () => chart.colours.pale,
      font: "11px system-ui, sans-serif",
      grid: { stroke: () => chart.colours.line, width: 1 },
      ticks: { show: false },
      ...values,
    });
    const hidden = { paths: () => null, points: { show: false } };
    return {
      width,
      height: HEIGHT,
      legend: { show: false },
      padding: [16, 24, 0, 0],
      cursor: { y: false, points: { show: false }, drag: { x: true, y: false, dist: 6 } },
      scales: {
        x: { time: true, range: (_plot, min, max) => whole(chart.data, min, max) },
        y: { range: (_plot, _min, max) => uPlot.rangeNum(0, Math.max(2, max ?? 0), { min: { pad: 0, hard: 0 }, max: { pad: 0.05, soft: 2 } }) },
      },
      axes: [axis({ grid: { show: false }, size: 28, space: 72, incrs: TIMES, values: (_plot, splits) => labelsOf(chart.data, splits) }), axis({ size: 44, incrs: COUNTS, values: (_plot, splits) => splits.map(grouped) })],
      series: [{}, hidden, hidden, hidden],
      hooks: {
        draw: [() => chart.plot && paint(chart)],
        setCursor: [() => chart.plot && tell(chart)],
        setScale: [() => chart.plot && showButtons(chart)],
      },
    };
  };

  const build = (element, width) => {
    const data = JSON.parse(element.dataset.chart);
    const chart = { hint: HINTS[matchMedia("(hover: none)").matches ? "finger" : "mouse"], data, source: element.dataset.chart, colours: coloursOf(element) };
    chart.stage = make("div", "chart-stage");
    chart.readOut = make("output", "chart-read-out", chart.hint);
    chart.closer = make("button", "btn btn-sm", "Zoom in");
    chart.undo = make("button", "btn btn-sm", "Reset");
    const bar = make("div", "chart-tools");
    const buttons = make("span", "chart-buttons");
    buttons.append(chart.closer, chart.undo);
    bar.append(chart.readOut, buttons);
    chart.stage.tabIndex = 0;
    chart.stage.setAttribute("role", "application");
    chart.stage.setAttribute("aria-label", element.dataset.name);
    chart.plot = new uPlot(optionsOf(chart, width), columnsOf(data), chart.stage);
    chart.stage.addEventListener("keydown", (event) => step(chart, event));
    chart.stage.addEventListener("pointermove", (event) => {
      // A finger that slides sideways moves the cursor; up and down it scrolls the page.
      const { left } = chart.plot.over.getBoundingClientRect();
      if (event.pointerType === "touch") chart.plot.setCursor({ left: event.clientX - left, top: 0 });
    });
    chart.closer.addEventListener("click", () => zoomIn(chart));
    chart.undo.addEventListener("click", () => reset(chart));
    element.replaceChildren(bar, chart.stage);
    charts.set(element, chart);
    chart.plot.redraw();
    showButtons(chart);
  };

  const renew = (element, fresh) => {
    const chart = charts.get(element);
    element.dataset.chart = fresh.dataset.chart;
    element.dataset.name = fresh.dataset.name;
    if (!chart || chart.source === fresh.dataset.chart) return;
    const { min, max } = chart.plot.scales.x;
    const isWhole = chart.undo.hidden;
    chart.source = fresh.dataset.chart;
    chart.data = JSON.parse(chart.source);
    chart.stage.setAttribute("aria-label", fresh.dataset.name);
    chart.plot.setData(columnsOf(chart.data), false);
    zoom(chart, ...(isWhole ? spanOf(chart.data) : [min, max]));
    tell(chart);
  };

  const recolour = () => {
    for (const [element, chart] of charts) {
      chart.colours = coloursOf(element);
      chart.plot.redraw(false, true);
    }
  };

  // A chart is made as soon as there is room for it, which in a closed fold there is not.
  const sizes = new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries) {
      const width = Math.floor(contentRect.width);
      const chart = charts.get(target);
      if (!width || !target.isConnected) continue;
      if (!chart) build(target, width);
      else if (chart.plot.width !== width) chart.plot.setSize({ width, height: HEIGHT });
    }
  });

  const look = () => {
    for (const [element, chart] of charts) {
      if (element.isConnected) continue;
      chart.plot.destroy();
      sizes.unobserve(element);
      charts.delete(element);
    }
    for (const element of document.querySelectorAll("[data-chart]")) sizes.observe(element);
    recolour();
  };

  // A page that draws itself again brings new figures, and leaves what is drawn and zoomed alone.
  const { callbacks } = window.Idiomorph.defaults;
  const before = callbacks.beforeNodeMorphed;
  callbacks.beforeNodeMorphed = (node, fresh) => {
    if (!(node instanceof Element) || !node.matches("[data-chart]") || !fresh.matches?.("[data-chart]")) return before(node, fresh);
    renew(node, fresh);
    return false;
  };

  document.addEventListener("htmx:afterSettle", look);
  new MutationObserver(recolour).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
  look();
})();
