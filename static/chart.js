// Draws the charts of a deploy's page with uPlot: a cursor that tells figures, and a zoom.
// The figures come from data-chart; without this script the server's SVG stays.
(() => {
  "use strict";
  if (!window.uPlot) return;
  const HEIGHT = 220;
  const FEWEST_BUCKETS = 5;
  const TIMES = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 7200, 14400].map((minutes) => minutes * 60);
  const COUNTS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7].flatMap((each) => [each, 2 * each, 5 * each]);
  const STRIDE = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity };
  const HINTS = {
    mouse: "Point at the chart, or move with the arrow keys; drag to zoom.",
    finger: "Tap the chart, or slide a finger across it.",
  };
  const charts = new Map();

  // --- Colours: canvas knows no custom properties, so they are asked for by name -----------
  const coloursOf = (place) => {
    const probe = place.appendChild(document.createElement("i"));
    const named = (name) => {
      probe.style.color = `var(${name})`;
      return getComputedStyle(probe).color;
    };
    const found = {
      ink: named("--tblr-body-color"),
      pale: named("--tblr-secondary"),
      line: named("--line"),
      health: named("--health"),
      surface: named("--surface"),
      limit: named("--unhealthy"),
    };
    probe.remove();
    return found;
  };

  // --- Numbers ---------------------------------------------------------------------------
  const columnsOf = (data) => {
    const top = 2 * Math.max(1, ...data.counts);
    const high = data.counts.map(() => null);
    for (const [index, , level] of data.band) high[index] = Math.min(level, top);
    const starts = data.counts.map((_count, index) => data.start + (index + 0.5) * data.step);
    return [starts, data.counts, high, data.counts.map(() => data.limit)];
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

  // --- Drawing -----------------------------------------------------------------------------
  const hatch = (context, x, y, width, height, colour) => {
    context.save();
    context.beginPath();
    context.rect(x, y, width, height);
    context.clip();
    context.strokeStyle = colour;
    context.globalAlpha = 0.45;
    context.lineWidth = devicePixelRatio;
    context.beginPath();
    for (let at = x - height; at < x + width; at += 7 * devicePixelRatio) {
      context.moveTo(at, y + height);
      context.lineTo(at + height, y);
    }
    context.stroke();
    context.restore();
  };

  const painter = (chart) => {
    const { plot, data, colours } = chart;
    const { ctx: context, bbox } = plot;
    const xOf = (index) => plot.valToPos(data.start + index * data.step, "x", true);
    const yOf = (count) => Math.max(bbox.top, plot.valToPos(count, "y", true));
    const bottom = bbox.top + bbox.height;
    const fill = (first, end, from, to, colour, alpha) => {
      context.globalAlpha = alpha;
      context.fillStyle = colour;
      context.fillRect(xOf(first), to, xOf(end) - xOf(first), from - to);
      context.globalAlpha = 1;
    };
    const follow = (points) => {
      context.beginPath();
      points.forEach(([x, y], number) => (number ? context.lineTo(x, y) : context.moveTo(x, y)));
    };
    const area = (points, colour, alpha) => {
      follow(points);
      context.globalAlpha = alpha;
      context.fillStyle = colour;
      context.fill();
      context.globalAlpha = 1;
    };
    const stroke = (points, colour, width, dash = []) => {
      follow(points);
      context.strokeStyle = colour;
      context.lineWidth = width * devicePixelRatio;
      context.setLineDash(dash.map((each) => each * devicePixelRatio));
      context.stroke();
      context.setLineDash([]);
    };
    const level = (first, end, count, colour, width, dash) =>
      stroke([[xOf(first), yOf(count)], [xOf(end), yOf(count)]], colour, width, dash);
    const upright = (index, colour, width, dash) =>
      stroke([[xOf(index + 0.5), bbox.top], [xOf(index + 0.5), bottom]], colour, width, dash);
    return { context, bbox, bottom, xOf, yOf, fill, area, stroke, level, upright };
  };

  const emptyRuns = ({ counts, parts }) => {
    const runs = [];
    counts.forEach((count, index) => {
      if (count !== null) return;
      const part = parts[index] === "upcoming" ? "upcoming" : "gap";
      const last = runs.at(-1);
      if (last && last[0] === part && last[2] === index) last[2] = index + 1;
      else runs.push([part, index, index + 1]);
    });
    return runs;
  };

  const paintGround = ({ data, colours }, { context, bbox, bottom, xOf, fill, level }) => {
    const [first, end] = data.counted;
    if (end > first) fill(first, end, bottom, bbox.top, colours.health, 0.09);
    for (const [part, from, to] of emptyRuns(data)) {
      const width = xOf(to) - xOf(from);
      if (part === "gap") hatch(context, xOf(from), bbox.top, width, bbox.height, colours.pale);
      else if (width > 110 * devicePixelRatio) {
        context.fillStyle = colours.pale;
        context.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
        context.textAlign = "center";
        context.fillText("not collected yet", (Math.max(xOf(from), bbox.left) + Math.min(xOf(to), bbox.left + bbox.width)) / 2, (bbox.top + bottom) / 2);
      }
    }
    if (end > first) level(first, end, Infinity, colours.health, 2);
  };

  const paintBars = ({ data, colours }, { bottom, xOf, yOf, fill }) => {
    const gap = Math.min(0.2, (2 * devicePixelRatio) / (xOf(1) - xOf(0)));
    data.counts.forEach((count, index) => {
      const isOwn = data.parts[index] === "after";
      const y = Math.min(yOf(count), bottom - devicePixelRatio);
      if (count) fill(index + gap / 2, index + 1 - gap / 2, bottom, y, isOwn ? colours.health : colours.pale, isOwn ? 1 : 0.55);
    });
  };

  const paintBand = ({ data, colours }, { xOf, yOf, area, stroke }) => {
    const [lower, upper] = [1, 2].map((end) =>
      data.band.flatMap((each) => [[xOf(each[0]), yOf(each[end])], [xOf(each[0] + 1), yOf(each[end])]]));
    area([...upper, ...[...lower].reverse()], colours.ink, 0.16);
    for (const edge of [lower, upper]) {
      stroke(edge, colours.surface, 3);
      stroke(edge, colours.ink, 1.25);
    }
  };

  const paintMarks = ({ data, colours }, { bbox, xOf, area, level, upright }) => {
    const spans = { before: [0, data.deploy], after: [data.deploy + 1, data.deploy + 1 + data.own] };
    for (const [part, count] of data.averages) level(...spans[part], count, colours.ink, 1.5);
    if (data.limit !== null) level(0, data.counts.length, data.limit, colours.limit, 2, [2, 3]);
    upright(data.deploy, colours.ink, 1.25, [3, 2]);
    if (data.end !== null) upright(data.end, colours.ink, 1.25, [3, 2]);
    for (const [role, index] of data.pins) {
      upright(index, colours.pale, 1, [1, 3]);
      const x = xOf(index + 0.5);
      const size = 5 * devicePixelRatio;
      const corners = [[x - size, bbox.top - 2 * size], [x + size, bbox.top - 2 * size], [x, bbox.top - size / 2]];
      area(corners, { this: colours.ink, shares: colours.health, other: colours.pale }[role], 1);
    }
  };

  const paint = (chart) => {
    const tools = painter(chart);
    const { context, bbox } = tools;
    context.save();
    context.beginPath();
    context.rect(bbox.left, 0, bbox.width, bbox.top + bbox.height);
    context.clip();
    for (const each of [paintGround, paintBars, paintBand, paintMarks]) each(chart, tools);
    context.restore();
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
    const from = pointed(chart) ?? chart.data.deploy - Math.sign(stride);
    moveTo(chart, Math.max(0, Math.min(chart.data.counts.length - 1, from + stride)));
  };

  const zoomIn = (chart) => {
    const { min, max } = chart.plot.scales.x;
    const middle = middleOf(chart.data, pointed(chart) ?? chart.data.deploy);
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
      axes: [axis({ grid: { show: false }, size: 28, space: 72, incrs: TIMES, values: (_plot, splits) => labelsOf(chart.data, splits) }), axis({ size: 44, incrs: COUNTS })],
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
