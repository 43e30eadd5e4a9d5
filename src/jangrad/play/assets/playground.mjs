// The playground: what is seen, and what happens when something is pressed.

import {KERNELS} from "./kernels.mjs";
import {SETS} from "./sets.mjs";
import {begin, dataOf, firstState, fromAddress, kindOf, look, lossesFor, MOST, toAddress} from "./model.mjs";
import {paletteOf} from "./palette.mjs";
import {gridRows, mark, paintClasses, paintContour, paintNumbers, paintPoints} from "./maps.mjs";
import {paintCurves} from "./curves.mjs";
import {networkView} from "./network_view.mjs";
import {numeral, plural} from "./words.mjs";
import {verdictOf} from "./verdict.mjs";
import {neuronCard} from "./neuron_card.mjs";
import {scriptOf} from "./script.mjs";
import {openMuseum} from "./museum.mjs";

const byId = id => document.getElementById(id);
const given = JSON.parse(byId("data-given").textContent), own = given.own;
for (const {units} of given.state.layers || []) MOST.units = Math.max(MOST.units, units);
MOST.layers = Math.max(MOST.layers, (given.state.layers || []).length);
const first = firstState({...given.state, own: Boolean(own)});
const SIDE = 50, BATCHES = [1, 2, 5, 10, 20, 50, Infinity], SPEEDS = [1, 10, 50, 200], STRENGTHS = [0.0001, 0.001, 0.01, 0.1, 1];
const READABLE = name => name.replaceAll("_", " ");

let s = fromAddress(location.hash, first), data, runs = [], palette = paletteOf(document.body), playing = false;
let chosen = null, row = 0, pen = 0, axes = [0, 1], frame = 0, cost = 0, shown = 0, slow = false, grid = null;

// -- beginnings ------------------------------------------------------------------------------------

// Data, network or method are others: all begins anew.
function restart({keep = false} = {}) {
  data = dataOf(s, own);
  const fitting = lossesFor(data.kind, data.y);
  if (!fitting.includes(s.loss)) s.loss = fitting[0];
  const start = keep && runs.length ? runs[0].start : given.start && sameAsGiven() ? given.start : null;
  runs = begin(s, data, start);
  axes = axes.map((a, k) => a < data.inputs ? a : Math.min(k, data.inputs - 1));
  row = Math.max(0, Math.min(row, data.X.length - 1));
  shown = Math.min(shown, runs.length - 1);
  if (chosen && (chosen[0] >= runs[0].net.widths.length || chosen[1] >= runs[0].net.widths[chosen[0]])) chosen = null;
  showNetwork();
  newGrid();
  for (const run of runs) look(run, data);
  paintSettings();
  layout();
  save();
}
const showNetwork = () => { view.show(runs[shown].net, data.names); view.place(); };
const sameAsGiven = () => s.seed === first.seed && JSON.stringify(s.layers) === JSON.stringify(first.layers);
function newGrid() {
  const rest = data.names.map((_, i) => i === axes[0] || i === axes[1] ? 0 : data.X.reduce((sum, x) => sum + x[i], 0) / data.X.length);
  const x = gridRows(SIDE, {across: axes[0], up: axes[1], ranges: axes.map(a => data.ranges[a]), rest});
  // Grids of their own: what a training holds of its batch is not written over.
  grid = {x, nets: runs.map(({net}) => net.twin())};
}
const save = () => { try { history.replaceState(null, "", `#${toAddress(s)}`); } catch { /* a page inside another has no address */ } };

// -- painting --------------------------------------------------------------------------------------

const levelOf = () => {
  if (data.amounts) { const [low, high] = data.amounts, mid = (low + high) / 2, half = (high - low) / 2 || 1; return z => (z - mid) / half; }
  return s.loss === "binary_cross_entropy" ? z => Math.tanh(z / 2) : z => z;
};
function pointsOf() {
  const level = levelOf(), [a, b] = axes, [[lowA, highA], [lowB, highB]] = axes.map(k => data.ranges[k]);
  return data.X.map((x, r) => {
    const t = data.y[r], form = data.kind === "classes" ? t : data.kind === "two" ? (t > 0 ? 0 : 1) : 0;
    const colour = data.kind === "classes" ? palette.classes[t % 6] : data.kind === "two" ? (t > 0 ? palette.plus : palette.minus) : palette.styleOf(level(t));
    return {x: (x[a] - lowA) / (highA - lowA), y: (x[b] - lowB) / (highB - lowB), form, colour, hollow: r >= data.cut, chosen: chosen && r === row};
  });
}
// Points change seldom and are many: they are drawn once, on a sheet of their own.
const sheet = document.createElement("canvas");
function paintSheet() {
  const canvas = byId("map");
  sheet.width = sheet.height = canvas.width;
  paintPoints(sheet, pointsOf(), palette, canvas.width / (data.X.length > 150 ? 105 : 85));
}
function paintMap(canvas, net, layer = net.layers.length, unit = 0) {
  const k = net.widths[layer], values = net.y[layer], last = layer === net.layers.length;
  if (last && data.kind === "classes") {
    paintClasses(canvas, SIDE, values, k, palette);
    for (let c = 0; c < k; c++) paintContour(canvas, SIDE, n => { let other = -Infinity; for (let i = 0; i < k; i++) if (i !== c) other = Math.max(other, values[n * k + i]); return values[n * k + c] - other; }, palette.ink, 1);
  } else {
    paintNumbers(canvas, SIDE, values, unit, k, palette, last ? levelOf() : z => z);
    if (!data.amounts && last) paintContour(canvas, SIDE, n => values[n * k + unit], palette.ink, canvas.width / 300);
  }
  canvas.getContext("2d", {willReadFrequently: true}).drawImage(sheet, 0, 0);
}
// In three parts, of which a frame may do one, where there is much to do.
const PARTS = [
  () => {
    grid.nets.forEach(net => net.forward(SIDE * SIDE, grid.x));
    const sizes = data.ranges.map(([low, high]) => Math.max(Math.abs(low), Math.abs(high)));
    view.paintMaps({x: grid.x, y: grid.nets[shown].y, side: SIDE, sizes, level: data.kind === "classes" ? z => Math.tanh(z / 2) : levelOf()}, palette, chosen);
  },
  () => {
    byId("mapbox").querySelectorAll("canvas").forEach((canvas, k) => paintMap(canvas, grid.nets[k], ...chosen && runs.length === 1 ? chosen : []));
    view.paintLines(runs[shown].net.p, palette);
  },
  () => {
    for (const run of runs) if (run.broke < 0) look(run, data);
    paintNumbersOf();
    if (chosen) card.paint(runs[shown], data, chosen, row);
  },
];
const seriesOf = run => { const k = runs.indexOf(run), colour = runs.length > 1 ? palette.classes[k] : palette.ink; return [
  {...run.curve, colour, dash: runs.length > 1 ? k : 0},
  ...run.held.rows ? [{...run.heldCurve, colour: runs.length > 1 ? colour : palette.minus, dash: runs.length > 1 ? k : 1, faint: runs.length > 1}] : []]; };
function paintNumbersOf() {
  const run = runs[shown], {training} = run;
  byId("steps").textContent = training.steps.toLocaleString("en");
  byId("epoch").textContent = `step${training.steps === 1 ? "" : "s"}, epoch ${Math.floor(training.steps / training.deal.anEpoch).toLocaleString("en")}`;
  const percent = x => Number.isNaN(x) || x === undefined ? "" : `${(100 * x).toFixed(x === 1 ? 0 : 1)} %`;
  const line = (name, loss, right) => `<span>${name}</span><b title="${loss}">${numeral(loss)}</b><span class="f">${percent(right)}</span>`;
  const heading = chosen && runs.length === 1 ? view.nameOf(...chosen) : "answer";
  if (byId("answerof").textContent !== heading) byId("answerof").textContent = heading;
  byId("figures").innerHTML = `<span></span><span class="f">loss</span><span class="f">${data.amounts ? "" : "right"}</span>${line("training", run.loss, run.right)}${run.held.rows ? line("held out", run.heldLoss, run.heldRight) : ""}`;
  const {text, bad} = verdictOf(runs, data);
  if (byId("verdict").textContent !== text) byId("verdict").textContent = text;
  byId("verdict").classList.toggle("bad", Boolean(bad));
  byId("mapbox").querySelectorAll("figcaption").forEach((caption, k) => { caption.lastChild.textContent = numeral(runs[k].loss); });
  paintCurves(byId("curve"), runs.flatMap(seriesOf), palette);
}
const paint = () => { paintSheet(); for (const part of PARTS) part(); };

// -- running ---------------------------------------------------------------------------------------

function advance(steps) {
  for (const run of runs) for (let n = 0; n < steps && run.broke < 0; n++) run.training.step();
}
// So many milliseconds of a frame's 16.7 may go by before the picture takes three.
const AT_ONCE = 7;
function onFrame() {
  if (!playing) return;
  const began = performance.now();
  advance(s.speed);
  if (slow) PARTS[frame % 3](); else for (const part of PARTS) part();
  frame++;
  cost += 0.2 * (performance.now() - began - cost);
  slow = cost > (slow ? AT_ONCE / 3 : AT_ONCE);
  if (runs.every(run => run.broke >= 0)) play(false);
  requestAnimationFrame(onFrame);
}
// Where all has exploded, the next press leads back to the start and says so: run at once, it would
// explode again within a frame, as if nothing had been pressed.
function backAtTheStart() {
  if (!runs.every(run => run.broke >= 0)) return false;
  restart({keep: true});
  for (const run of runs) run.back = true;
  paint();
  return true;
}
function play(on) {
  if (on === playing || on && backAtTheStart()) return;
  playing = on && data.X.length > 0;
  byId("play").classList.toggle("on", playing);
  byId("verdict").setAttribute("aria-live", playing ? "off" : "polite");
  byId("play").setAttribute("aria-label", playing ? "pause" : "play");
  if (playing) requestAnimationFrame(onFrame); else paint();
}
const stepOnce = () => { play(false); if (!backAtTheStart()) { advance(1); paint(); } };

// -- the network -----------------------------------------------------------------------------------

// A number of all runs is another now; what was changed, and when, is kept for the script.
function assign(place, number) {
  if (!Number.isFinite(number)) return;
  for (const run of runs) {
    run.net.p[place] = number;
    run.changes.push({step: run.training.steps, place, number});
  }
  if (!playing) paint();
}
const view = networkView(byId("net"), {
  choose: (l, j) => {
    chosen = chosen && chosen[0] === l && chosen[1] === j ? null : l && !runs[0].net.plain ? [l, j] : null;
    showCard();
  },
  weigh: (l, j, i, number) => assign(runs[0].net.weightAt(l, j, i), number),
});
function showCard() {
  byId("card").hidden = !chosen;
  byId("middle").classList.toggle("opened", Boolean(chosen));
  view.place();
  paint();
  if (chosen) byId("card").scrollIntoView({block: "nearest"});
}
const card = neuronCard(byId("card"), {
  assign, close: () => { chosen = null; showCard(); },
  go: way => { row = (row + way + data.X.length) % data.X.length; paint(); },
});

// -- settings --------------------------------------------------------------------------------------

const fill = (select, names, now, say = READABLE) => {
  if (select.dataset.names !== names.join()) {
    select.dataset.names = names.join();
    select.replaceChildren(...names.map(name => new Option(say(name), name)));
  }
  select.value = now;
};
function paintSettings() {
  fill(byId("optimizer"), Object.keys(KERNELS.updates), s.optimizer);
  fill(byId("loss"), lossesFor(data.kind, data.y), s.loss);
  fill(byId("penalty"), ["none", ...Object.keys(KERNELS.penalties)], s.penalty);
  fill(byId("strength"), STRENGTHS.includes(s.strength) ? STRENGTHS : [...STRENGTHS, s.strength], s.strength, numeral);
  byId("strength").disabled = s.penalty === "none";
  fill(byId("speed"), SPEEDS.includes(s.speed) ? SPEEDS : [...SPEEDS, s.speed], s.speed, n => n === 1 ? "1 step a frame" : `${n} steps a frame`);
  byId("rate").value = Math.log10(s.rates[shown]);
  byId("rate").setAttribute("aria-valuetext", numeral(s.rates[shown]));
  if (document.activeElement !== byId("rateis")) byId("rateis").value = numeral(s.rates[shown]);
  byId("batch").value = BATCHES.findIndex(n => n >= s.batch);
  byId("batchis").textContent = s.batch >= data.cut ? "all" : s.batch;
  for (const [id, text] of [["rows", s.rows], ["noise", s.noise.toFixed(2)], ["held", `${s.held} %`]]) { byId(id).value = s[id]; byId(`${id}is`).textContent = text; }
  const toy = s.set in SETS && !SETS[s.set].fixed;
  byId("rowsbox").hidden = byId("noisebox").hidden = byId("another").hidden = !toy;
  byId("pens").hidden = s.set !== "drawn";
  for (const button of byId("sets").children) button.setAttribute("aria-pressed", String(button.dataset.set === s.set));
  byId("layercount").textContent = plural(s.layers.length, "hidden layer");
  byId("fewer").disabled = !s.layers.length;
  byId("more").disabled = s.layers.length >= MOST.layers;
  const ramp = data.kind !== "classes";
  byId("ramp").hidden = !ramp;
  [byId("ramplow").textContent, byId("ramphigh").textContent] = data.amounts ? data.amounts.map(x => numeral(x)) : own && s.set === "own" && own.classes ? own.classes : ["−1", "1"];
  paintAxes();
  paintColumns();
  paintRates();
}
function paintAxes() {
  byId("axes").replaceChildren();
  if (data.inputs > 2) ["across", "up"].forEach((label, k) => {
    const select = document.createElement("select");
    select.setAttribute("aria-label", `input that goes ${label}`);
    select.append(...data.names.map((name, i) => new Option(name, i)));
    select.value = axes[k];
    select.onchange = () => { axes[k] = Number(select.value); newGrid(); refresh(); };
    byId("axes").append(select);
  });
}
function paintColumns() {
  const net = runs[0].net, box = byId("columns"), held = box.contains(document.activeElement) ? document.activeElement.dataset.key : "";
  box.replaceChildren(...net.widths.map((units, l) => {
    const column = document.createElement("div"), hidden = l > 0 && l < net.layers.length;
    column.style.width = `${Math.min(90, view.columnAt(1) - view.columnAt(0) - 4)}px`;
    column.style.left = `${view.columnAt(l)}px`;
    if (!hidden) { column.textContent = l ? "output" : "inputs"; return column; }
    const select = document.createElement("select"), counts = document.createElement("span");
    select.setAttribute("aria-label", `activation of layer ${l}`);
    select.dataset.key = `a${l}`;
    select.disabled = Boolean(hiddenParts.has("activation"));
    select.append(...Object.keys(KERNELS.layers).map(name => new Option(READABLE(name), name)));
    select.value = s.layers[l - 1].activation;
    select.onchange = () => { s.layers[l - 1].activation = select.value; restart(); };
    counts.className = "row";
    const button = (text, label, way, off) => {
      const made = document.createElement("button");
      made.textContent = text;
      made.dataset.key = `${text}${l}`;
      made.setAttribute("aria-label", label);
      made.disabled = off;
      made.onclick = () => { s.layers[l - 1].units += way; restart(); };
      return made;
    };
    const count = document.createElement("span");
    count.textContent = units;
    counts.append(button("−", `one neuron fewer in layer ${l}`, -1, units <= 1), count, button("+", `one more neuron in layer ${l}`, 1, units >= MOST.units));
    counts.hidden = hiddenParts.has("layers");
    column.append(select, counts);
    return column;
  }));
  if (held) box.querySelector(`[data-key="${held}"]`)?.focus();
}
function paintRates() {
  byId("addrate").disabled = runs.length >= MOST.rates;
  byId("ratelist").replaceChildren(...(runs.length > 1 ? runs : []).map((run, k) => {
    const button = document.createElement("button");
    button.textContent = `${numeral(run.rate)} ✕`;
    button.style.borderColor = palette.classes[k];
    button.setAttribute("aria-label", `leave out the rate ${numeral(run.rate)}`);
    button.onclick = () => { s.rates.splice(k, 1); restart({keep: true}); };
    return button;
  }));
  const box = byId("mapbox"), many = runs.length > 1;
  box.classList.toggle("many", many);
  if (box.querySelectorAll("canvas").length !== runs.length || many !== Boolean(box.querySelector("figure"))) {
    const map = byId("map");
    box.replaceChildren(...runs.map((_, k) => {
      const canvas = k ? document.createElement("canvas") : map;
      if (!many) return canvas;
      const figure = document.createElement("figure"), caption = document.createElement("figcaption");
      caption.append(document.createElement("span"), document.createElement("span"));
      figure.append(canvas, caption);
      return figure;
    }));
  }
  box.querySelectorAll("figcaption").forEach((caption, k) => { caption.firstChild.textContent = `rate ${numeral(runs[k].rate)}`; caption.firstChild.style.borderColor = palette.classes[k]; caption.parentNode.classList.toggle("shown", k === shown); });
  const DASH = ["", "7 4", "2 3", "10 3 2 3"];
  const swatch = (colour, dash) => `<svg viewBox="0 0 26 8" aria-hidden="true"><path d="M0 4h26" stroke="${colour}" stroke-width="2.4" stroke-dasharray="${dash}"/></svg>`;
  byId("legend").innerHTML = many ? runs.map((run, k) => `<span>${swatch(palette.classes[k], DASH[k])}rate ${numeral(run.rate)}</span>`).join("")
    : `${classMarks()}<span>${swatch(palette.ink, "")}training</span>${runs[0].held.rows ? `<span>${swatch(palette.minus, "7 4")}held out (hollow points)</span>` : ""}`;
}
// What classes are called, with their marks.
const MARKS = ["●", "▲", "■", "◆"];
function classMarks() {
  const names = s.set === "own" ? own.classes : null, shown = document.createElement("span");
  for (let k = 0; data.kind === "classes" && k < data.outputs; k++) {
    const item = document.createElement("span");
    item.innerHTML = `<b style="color:${palette.classes[k % 6]}" aria-hidden="true">${MARKS[k % 4]}</b> `;
    item.append(names?.[k] ?? `class ${k}`);
    shown.append(item);
  }
  return shown.innerHTML;
}
function sizeMaps() {
  for (const canvas of byId("mapbox").querySelectorAll("canvas")) {
    const side = Math.round((canvas.clientWidth || 300) * (window.devicePixelRatio || 1));
    if (canvas.width !== side) canvas.width = canvas.height = side;
  }
}
function layout() {
  view.place();
  sizeMaps();
  const curve = byId("curve"), scale = window.devicePixelRatio || 1;
  curve.width = curve.clientWidth * scale;
  curve.height = curve.clientHeight * scale;
  paintColumns();
  refresh();
}
function refresh() { if (playing) paintSheet(); else paint(); }

// A rate changes while it runs, and so does a penalty; all else is a new beginning.
function setRate(rate) {
  const run = runs[shown];
  byId("ratesay").textContent = "";
  s.rates[shown] = run.rate = run.training.rate = rate;
  run.changes.push({step: run.training.steps, rate});
  if (run.broke >= 0) restart({keep: true});
  paintSettings();
  save();
  refresh();
}
function setPenalty() {
  const {penalty, strength} = s;
  for (const run of runs) {
    Object.assign(run.training, {penalty: KERNELS.penalties[penalty], strength});
    run.changes.push({step: run.training.steps, penalty, strength});
  }
  if (runs.every(run => run.broke >= 0)) restart({keep: true});
  paintSettings();
  save();
  refresh();
}
const on = (id, kind, act) => byId(id).addEventListener(kind, act);
on("rate", "input", () => setRate(Number((10 ** Number(byId("rate").value)).toPrecision(2))));
// What cannot be a rate is said, and the field shows again what is in force; 0,5 is 0.5.
on("rateis", "change", () => {
  const field = byId("rateis"), text = field.value.trim(), rate = Number(text.replace("−", "-").replace(/^([^.,]*),([^.,]*)$/, "$1.$2"));
  const fits = rate > 0 && rate < Infinity, now = numeral(runs[shown].rate);
  if (fits) setRate(rate); else byId("ratesay").textContent = `${text ? `“${text}”` : "Empty"} is no rate: it is a number above 0, such as 0.1. It stays at ${now}.`;
  field.value = numeral(s.rates[shown]);
});
on("penalty", "change", () => { s.penalty = byId("penalty").value; setPenalty(); });
on("strength", "change", () => { s.strength = Number(byId("strength").value); setPenalty(); });
for (const id of ["optimizer", "loss"]) on(id, "change", () => {
  s[id] = byId(id).value;
  if (id === "optimizer") s.rates = [s.optimizer === "sgd" ? 0.1 : KERNELS.updates[s.optimizer].rate * 10];
  restart({keep: true});
});
on("speed", "change", () => { s.speed = Number(byId("speed").value); save(); });
on("batch", "input", () => { s.batch = Math.min(BATCHES[byId("batch").value], MOST.rows); restart({keep: true}); });
for (const id of ["rows", "noise", "held"]) on(id, "input", () => { s[id] = Number(byId(id).value); thumbs(); restart({keep: true}); });
on("another", "click", () => { s.draw++; thumbs(); restart({keep: true}); });
on("fewer", "click", () => { s.layers.pop(); restart(); });
on("more", "click", () => { s.layers.push({...s.layers.at(-1) ?? {units: 4, activation: "tanh"}}); restart(); });
on("play", "click", () => play(!playing));
on("step", "click", stepOnce);
on("reset", "click", () => { play(false); restart({keep: true}); });
on("other", "click", () => { s.seed++; restart(); });
on("addrate", "click", () => { s.rates.push(Number((s.rates.at(-1) * (s.rates.length % 2 ? 10 : 0.03)).toPrecision(2))); restart({keep: true}); });
on("python", "click", () => { play(false); byId("code").textContent = scriptOf(s, data, runs[shown]); byId("script").showModal(); });
on("close", "click", () => byId("script").close());
on("copy", "click", () => { getSelection().selectAllChildren(byId("code")); try { document.execCommand("copy"); byId("copy").textContent = "copied"; } catch { /* it is selected */ } });
on("tomuseum", "click", () => {
  const opening = byId("museum").hidden;
  play(false);
  byId("museum").hidden = !opening;
  document.querySelector("main").hidden = byId("settings").hidden = opening;
  byId("tomuseum").textContent = opening ? "back to the playground" : "museum of mistakes";
  for (const id of ["transport", "other", "python"]) byId(id).hidden = opening || hiddenParts.has(byId(id).dataset.part);
  byId("task").hidden = opening || !byId("task").textContent.trim();
  if (opening) openMuseum(byId("museum"), given.museum, palette); else layout();
});

// -- data ------------------------------------------------------------------------------------------

function thumbs() {
  for (const button of byId("sets").children) {
    const canvas = button.firstChild, shown = dataOf({...s, set: button.dataset.set, rows: Math.min(s.rows, 120)}, own), context = canvas.getContext("2d", {willReadFrequently: true});
    context.clearRect(0, 0, 88, 88);
    const colour = r => shown.kind === "classes" ? palette.classes[shown.y[r] % 6] : shown.kind === "two" ? (shown.y[r] > 0 ? palette.plus : palette.minus) : palette.styleOf(2 * (shown.y[r] - shown.amounts[0]) / (shown.amounts[1] - shown.amounts[0] || 1) - 1);
    shown.X.forEach((x, r) => {
      const [a, b] = [x[0], x[1] ?? x[0]].map((v, i) => { const [low, high] = shown.ranges[Math.min(i, shown.inputs - 1)]; return (v - low) / (high - low); });
      mark(context, shown.kind === "two" && shown.y[r] < 0 ? 1 : shown.kind === "classes" ? shown.y[r] : 0, 6 + 76 * a, 6 + 76 * (1 - b), 3.2);
      context.fillStyle = colour(r);
      context.fill();
    });
  }
}
byId("sets").append(...(OWN_NETWORK ? ["own"] : [...own ? ["own"] : [], ...Object.keys(SETS), "drawn"]).map(name => {
  const button = document.createElement("button"), canvas = document.createElement("canvas");
  canvas.width = canvas.height = 88;
  button.dataset.set = name;
  button.append(canvas, {own: "your rows", drawn: "draw"}[name] || READABLE(name));
  button.onclick = () => {
    s.set = name;
    if (name in SETS) s.noise = SETS[name].noise;
    if (name === "drawn" && !s.points.length) play(false);
    thumbs();
    restart();
  };
  return button;
}));
function setPen(k) { pen = k; [...byId("penrow").children].forEach((b, i) => b.setAttribute("aria-pressed", String(i === k))); }
byId("penrow").append(...["●", "▲", "■"].map((sign, k) => {
  const button = document.createElement("button");
  button.textContent = sign;
  button.setAttribute("aria-label", `class ${k + 1}`);
  button.onclick = () => setPen(k);
  return button;
}), Object.assign(document.createElement("button"), {textContent: "clear", onclick: () => { s.points = []; thumbs(); restart({keep: true}); }}));
setPen(0);
byId("mapbox").addEventListener("pointerdown", event => {
  if (event.target.tagName !== "CANVAS") return;
  if (runs.length > 1) { shown = [...byId("mapbox").querySelectorAll("canvas")].indexOf(event.target); showNetwork(); paintSettings(); refresh(); return; }
  const box = event.target.getBoundingClientRect(), x = (event.clientX - box.left) / box.width, y = 1 - (event.clientY - box.top) / box.height;
  if (s.set === "drawn") {
    const [[lowA, highA], [lowB, highB]] = data.ranges;
    s.points.push([Number((lowA + x * (highA - lowA)).toFixed(3)), Number((lowB + y * (highB - lowB)).toFixed(3)), pen === 2 ? 2 : 1 - pen]);
    thumbs();
    restart({keep: true});
    return;
  }
  let least = Infinity;
  pointsOf().forEach((p, r) => { const away = (p.x - x) ** 2 + (p.y - y) ** 2; if (away < least) { least = away; row = r; } });
  if (runs[0].net.plain) return;
  if (!chosen) { chosen = [runs[0].net.layers.length, 0]; showCard(); } else refresh();
});

// -- the beginning ---------------------------------------------------------------------------------

const hiddenParts = new Set(given.hidden);
if (OWN_NETWORK) byId("hint").textContent = "a network of your own: its layers stay as they are";
for (const element of document.querySelectorAll("[data-part]")) if (hiddenParts.has(element.dataset.part)) element.hidden = true;
addEventListener("keydown", event => {
  const {tagName, type} = event.target, typing = tagName === "SELECT" || tagName === "INPUT" && type !== "range" || byId("script").open;
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !byId("museum").hidden) return;
  const acts = {" ": () => play(!playing), ArrowRight: stepOnce, r: () => byId("reset").click(), s: () => byId("other").click(), Escape: () => chosen && card.close()};
  if (event.key === " " && tagName === "BUTTON" || event.key.startsWith("Arrow") && tagName === "INPUT") return;
  if (acts[event.key]) { acts[event.key](); event.preventDefault(); }
});
addEventListener("resize", () => { if (byId("museum").hidden) layout(); });
addEventListener("hashchange", () => { if (location.hash.slice(1) !== toAddress(s)) { s = fromAddress(location.hash, first); thumbs(); restart(); } });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { palette = paletteOf(document.body); thumbs(); paintRates(); refresh(); });
if (!byId("task").hidden && !byId("task").textContent.trim()) byId("task").hidden = true;
thumbs();
restart();
