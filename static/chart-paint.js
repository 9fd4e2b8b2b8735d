// Paints the chart of a deploy, or of a series, onto uPlot's canvas, as the server's SVG shows it; chart.js does the rest.
window.sleuthPaint = (() => {
  "use strict";

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
      const isOwn = data.parts[index] === "after" || data.parts[index] === "count";
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
    if (data.deploy !== null) upright(data.deploy, colours.ink, 1.25, [3, 2]);
    if (data.end !== null) upright(data.end, colours.ink, 1.25, [3, 2]);
    for (const [role, index] of data.pins) {
      upright(index, colours.pale, 1, [1, 3]);
      const x = xOf(index + 0.5);
      const size = 5 * devicePixelRatio;
      const top = bbox.top - 2 * size;
      const triangle = [[x - size, top], [x + size, top], [x, top + 1.5 * size]];
      const diamond = [[x, top - size / 2], [x + 1.2 * size, top + 0.7 * size], [x, top + 1.9 * size], [x - 1.2 * size, top + 0.7 * size]];
      const { ink, health, pale, limit } = colours;
      area(role === "harm" ? diamond : triangle, { this: ink, shares: health, other: pale, deploy: ink, harm: limit }[role], 1);
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

  return { coloursOf, paint };
})();
