// Trainings side by side, at one moment that is the same for all: curves, maps, networks.

import {Network} from "./engine.mjs";
import {numeral, plural} from "./words.mjs";
import {paletteOf} from "./palette.mjs";
import {gridRows, paintClasses, paintContour, paintNumbers, paintPoints} from "./maps.mjs";
import {paintCurves} from "./curves.mjs";
import {networkView} from "./network_view.mjs";
import {Lane, scaleOf} from "./lanes.mjs";

export const $ = id => document.getElementById(id);
export const D = JSON.parse($("data").textContent);
const LEAST = 1e-12, WIDEST = 24, SIDE = 36, MAP = 440, FRAME = 80, PALE = 0.6;  // points are to stand out from their own colour
const dark = matchMedia("(prefers-color-scheme: dark)");
const flat = Boolean(D.net) && D.net.inputs === 2 && D.X;
export const isDrawn = Boolean(D.net) && Math.max(D.net.inputs, ...D.net.layers.map(({units}) => units)) <= WIDEST;  // others are a tangle
const outputs = D.net ? D.net.layers.at(-1).units : 1;
const scale = D.y ? scaleOf(D.y, D.threshold, D.classes) : null;
const kinds = D.y ? [...new Set(D.y.flat())].sort((a, b) => a - b) : [];
const hooks = [];
export const onShow = hook => hooks.push(hook);

export const S = {lanes: [], step: 0, chosen: null, moments: [], pending: null};
let palette, due = false, playing = 0;

const made = (kind, parent, text, name) => {
  const element = document.createElement(kind);
  if (text !== undefined) element.textContent = text;
  if (name) element.className = name;
  parent.append(element);
  return element;
};
export const netOf = () => new Network(D.net.inputs, D.net.layers);

// A card with a map and a network of its own, which follow the slider.
export function addLane(given, colour, remove) {
  const lane = given instanceof Lane ? given : new Lane(given, D.net ? D.count : 0);
  const card = made("article", $("lanes"), undefined, "lane panel");
  card.style.setProperty("--lane", `var(--class${colour % 6})`);
  const head = made("div", card, undefined, "head");
  made("h2", head, lane.name);
  if (lane.kind) made("span", head, lane.kind, "kind");
  if (remove) made("button", head, "take away").onclick = () => { card.remove(); S.lanes = S.lanes.filter(each => each.lane !== lane); remove(); measure(); };
  const now = made("p", card, undefined, "now"), part = {lane, card, now, colour};
  const body = made("div", card, undefined, "body");
  if (flat) {
    part.map = made("canvas", body, undefined, "map");
    part.map.width = part.map.height = MAP;
    part.map.setAttribute("role", "img");
  }
  if (D.net) {
    part.net = netOf();
    const inside = made("div", body);
    if (isDrawn) drawInside(part, inside);
    made("p", inside, lane.said, "words");
    part.bars = made("div", inside, undefined, "bars");
    part.bars.hidden = true;
  } else made("p", card, lane.said, "words");
  S.lanes.push(part);
  measure();
  return part;
}
function drawInside(part, inside) {
  const box = made("div", inside, undefined, "net");
  box.style.setProperty("--tall", `${Math.min(26, Math.max(8, 2 + 1.55 * Math.max(...part.net.widths)))}rem`);
  part.view = networkView(box, {
    choose(l, j) { S.chosen = S.chosen && S.chosen[0] === l && S.chosen[1] === j ? null : [l, j]; show(); },
    weigh(l, j, i, w) { if (S.weigh) S.weigh(part, part.net.weightAt(l, j, i), w); },
  });
  part.view.show(part.net, D.names);
  if (!flat) for (const button of box.querySelectorAll("button")) button.disabled = true;  // they have no map
}
function measure() {
  S.moments = [...new Set(S.lanes.flatMap(({lane}) => lane.steps))].sort((a, b) => a - b);
  $("at").max = S.moments.length - 1;
  $("at").value = Math.max(0, S.moments.indexOf(S.moments.findLast(s => s <= S.step)));
  for (const {view} of S.lanes) view?.place();
  show();
}

const grid = flat ? {rows: SIDE * SIDE, x: gridRows(SIDE, {across: 0, up: 1, ranges: [0, 1].map(k => [D.low[k], D.high[k]]), rest: [0, 0]})} : null;
const points = () => D.X.map((row, r) => {
  const target = D.y[r][0], kind = kinds.indexOf(target), form = kinds.length <= 4 ? kind : 0;
  const colour = D.classes ? palette.classes[target % 6] : kinds.length === 2 ? palette[kind ? "plus" : "minus"] : palette.styleOf(scale.level(target));
  return {x: (row[0] - D.low[0]) / (D.high[0] - D.low[0]), y: (row[1] - D.low[1]) / (D.high[1] - D.low[1]), form, colour, chosen: S.row === r};
});

function paintMap({map, net, lane}) {
  const out = net.forward(grid.rows, grid.x), finite = net.p.every(Number.isFinite);
  const context = map.getContext("2d", {willReadFrequently: true});
  context.clearRect(0, 0, map.width, map.height);
  let said = `what ${lane.name} answers over the plane`;
  if (finite && S.chosen) {
    const [l, j] = S.chosen, units = net.widths[l], values = l ? net.y[l] : grid.x;
    let size = 1e-12;
    for (let k = j; k < grid.rows * units; k += units) size = Math.max(size, Math.abs(values[k]));
    paintNumbers(map, SIDE, values, j, units, palette, x => x / size);
    said = `what ${l ? `neuron ${j + 1} of layer ${l}` : `input ${D.names[j]}`} of ${lane.name} answers over the plane`;
  } else if (finite && outputs > 1) paintClasses(map, SIDE, out, outputs, palette);
  else if (finite) {
    paintNumbers(map, SIDE, out, 0, 1, palette, x => PALE * Math.tanh(1.5 * scale.level(x)));
    if (scale.middle !== null) paintContour(map, SIDE, k => out[k] - scale.middle, palette.ink, 2);
  }
  paintPoints(map, points(), kinds.length > 2 && !D.classes ? {...palette, paper: palette.ink} : palette, 6);
  map.setAttribute("aria-label", `${said}, after ${plural(Math.min(S.step, lane.last), "step")}`);
}

export function fitCanvas(canvas) {
  const unit = devicePixelRatio || 1, [w, h] = [canvas.clientWidth, canvas.clientHeight].map(x => Math.round(x * unit));
  if (canvas.width !== w || canvas.height !== h) { canvas.width = w; canvas.height = h; }
}
function paintAll() {
  due = false;
  const {step} = S, last = S.moments.at(-1);
  $("step").textContent = `step ${step.toLocaleString("en")}`;
  for (const part of S.lanes) {
    const {lane, net, view, now} = part;
    // Until it begins, a branch is what was recorded.
    const measured = step < lane.losses.steps[0] ? S.lanes[0].lane.losses : lane.losses;
    const loss = Lane.at(measured, step), sharp = Lane.at({steps: lane.looked, values: lane.sharpness}, step);
    now.replaceChildren();
    made("b", now, `loss ${numeral(loss)}`);
    if (Number.isFinite(sharp)) now.append(`, sharpness ${numeral(sharp)}${lane.limit ? ` of ${numeral(lane.limit)} allowed` : ""}`);
    if (step >= lane.ended && lane.ended < last) now.append(`, lost after ${plural(lane.ended, "step")}`);
    if (!net) continue;
    net.p.set(lane.weightsNear(step));
    for (const hook of hooks) hook(part);
    let maps = null;
    if (flat) {
      paintMap(part);
      maps = {side: SIDE, x: grid.x, y: net.y, sizes: [0, 1].map(k => Math.max(Math.abs(D.low[k]), Math.abs(D.high[k]))), level: scale.classes ? x => Math.tanh(x) : scale.level};
    }
    if (!view) continue;
    view.paintLines(net.p, palette);
    if (maps) view.paintMaps(maps, palette, S.chosen);
  }
  const looked = S.lanes.filter(({lane}) => lane.looked.length), coloured = ({colour}) => ({colour: palette.classes[colour % 6], dash: Math.floor(colour / 6)});
  $("sharpbox").hidden = !looked.length;
  fitCanvas($("loss"));
  const series = S.lanes.map(part => ({...coloured(part), steps: part.lane.losses.steps, values: part.lane.losses.values}));
  paintCurves($("loss"), series, palette, {now: Math.min(step, last), least: LEAST, most: D.most});
  if (!looked.length) return;
  fitCanvas($("sharp"));
  const limits = looked.filter(({lane}) => lane.limit && lane.limit < D.sharpest).map(part => ({...coloured(part), steps: [0, last], values: [part.lane.limit, part.lane.limit], dash: 1, faint: true}));
  paintCurves($("sharp"), [...looked.map(part => ({...coloured(part), steps: part.lane.looked, values: part.lane.sharpness})), ...limits], palette, {now: Math.min(step, last), most: D.sharpest});
}
export function show() { if (!due) { due = true; requestAnimationFrame(paintAll); } }

export function goTo(step) {
  S.step = step;
  $("at").value = Math.max(0, S.moments.indexOf(S.moments.findLast(s => s <= step)));
  $("at").setAttribute("aria-valuetext", `step ${step}`);
  show();
}
function pause() { clearInterval(playing); playing = 0; $("play").classList.remove("on"); $("play").setAttribute("aria-label", "play"); }
function play() {
  if (+$("at").value === S.moments.length - 1) goTo(0);
  $("play").classList.add("on");
  $("play").setAttribute("aria-label", "pause");
  playing = setInterval(() => {
    const next = +$("at").value + 1;
    if (next >= S.moments.length) pause(); else goTo(S.moments[next]);
  }, FRAME);
}
// finest: of a lane what gives its weights at any step, where the page can make them.
export function start(finest) {
  palette = paletteOf(document.documentElement);
  dark.addEventListener("change", () => { palette = paletteOf(document.documentElement); show(); });
  addEventListener("resize", () => { for (const {view} of S.lanes) view?.place(); show(); });
  $("hint").hidden = !isDrawn;
  $("press").hidden = !flat;
  $("losssays").textContent = D.losssays || "";
  $("sharpsays").textContent = D.sharpsays || "";
  $("at").addEventListener("input", () => { pause(); goTo(S.moments[+$("at").value]); });
  $("play").onclick = () => playing ? pause() : play();
  for (const id of ["loss", "sharp"]) {
    const seek = event => {
      const box = $(id).getBoundingClientRect(), share = (event.clientX - box.left - 40) / (box.width - 48), wanted = share * S.moments.at(-1);
      pause();
      goTo(S.moments.reduce((a, b) => Math.abs(b - wanted) < Math.abs(a - wanted) ? b : a));
    };
    $(id).addEventListener("pointerdown", event => { $(id).setPointerCapture(event.pointerId); seek(event); });
    $(id).addEventListener("pointermove", event => { if ($(id).hasPointerCapture(event.pointerId)) seek(event); });
  }
  for (const [id, way] of [["less", -1], ["more", 1]]) $(id).onclick = () => { pause(); goTo(Math.max(0, Math.min(S.moments.at(-1), S.step + way))); };
  D.lanes.forEach((lane, k) => addLane(lane, k));
  $("fine").hidden = !finest;
  if (finest) S.lanes[0].lane.at = finest(S.lanes[0].lane);
  goTo(S.moments.at(-1));
}
