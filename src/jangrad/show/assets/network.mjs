// The network as neurons and weights. Python has drawn it; here it follows the steps, and what is
// pressed is explained on a card: inputs times weights, their sum, and what the activation makes of it.

import {abs, inShort, max, min, short, show, showValue} from "./numbers.mjs";
import {isNode} from "./graph.mjs";
import {$, D, gotten, gradOf, gradText, graph, groupsOf, ins, known, onPaint, paint, ROOT, S, stepped, told, when, whole} from "./state.mjs";
import {add, equation} from "./panel.mjs";
import {arrange, elementOf, frameOn, keepPlace, make, picture, whereIs} from "./picture.mjs";

const net = $("net"), drawing = net.firstElementChild;
const units = [...net.querySelectorAll(".neuron")], lines = [...net.querySelectorAll("line[data-n]")];
const nodeOf = element => Number(element.dataset.n ?? element.dataset.bias ?? NaN);
const sign = i => S.R.data[i] < 0 ? "minus" : "plus";
let shown = null;  // the neuron on the card

// At most five letters and a sign, for the inside of a neuron.
function brief(x) {
  const size = abs(x);
  if (!isFinite(x) || !size) return show(x);
  if (size < 0.005 || size >= 9999.5) return x.toExponential(0).replace("e+", "e");
  return String(Number(x.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0)));
}

// What stands for each node: a weight and its product are a line, what sums them up is a neuron.
const owner = new Map(), weights = new Set(D.network?.weights);
for (const element of [...lines, ...units])
  for (const i of [element.dataset.n, element.dataset.bias]) if (i) owner.set(Number(i), element);
for (const unit of units) {
  const stack = unit.dataset.bias && unit.dataset.n ? [...ins[unit.dataset.n]] : [];
  while (stack.length) {
    const k = stack.pop();
    if (!isNode(k) || owner.has(k)) continue;
    const weight = ins[k].find(part => weights.has(part));
    owner.set(k, weight === undefined ? unit : owner.get(weight));
    if (weight === undefined) stack.push(...ins[k]);
  }
}

function paintNetwork() {
  if (net.hidden) return;
  const {largest, widest} = drawing.dataset, {kind, node, target} = stepped(), touched = kind ? [owner.get(node), owner.get(target)] : [];
  const stood = touched.find(element => partsCache.get(element));
  if (stood) shown = stood;
  for (const line of lines) {
    const i = nodeOf(line), size = abs(S.R.data[i]) / largest;
    line.setAttribute("class", `${sign(i)}${touched.includes(line) ? kind === "forward" ? " ahead" : " now" : ""}`);
    line.setAttribute("stroke-width", 0.4 + (widest - 0.4) * min(2, size));
    line.setAttribute("opacity", min(1, 0.2 + 0.7 * size));
    line.firstChild.textContent = `${D.name[i]}: ${told(i)}`;
  }
  for (const unit of units) {
    unit.classList.toggle("now", touched.includes(unit) && kind !== "forward");
    unit.classList.toggle("ahead", touched.includes(unit) && kind === "forward");
    unit.classList.toggle("chosen", unit === shown);
    if (!unit.dataset.n) continue;
    const i = nodeOf(unit), tint = unit.querySelector(".tint"), value = unit.querySelector(".value"), grad = unit.querySelector(".grad");
    value.textContent = known(i) ? brief(S.R.data[i]) : "?";
    grad.textContent = gotten(i) ? brief(gradOf(i)) : whole(i) ? "0" : "";
    tint.setAttribute("class", "tint " + sign(i));
    tint.setAttribute("fill-opacity", known(i) ? min(0.36, unit.dataset.tint * abs(S.R.data[i])) : 0);
    unit.classList.toggle("dead", isShut(unit));
    unit.firstChild.textContent = `${unit.dataset.name}, ${told(i)}`;
    unit.setAttribute("aria-label", unit.firstChild.textContent + (isShut(unit) ? ", its activation passes nothing back" : ""));
  }
  paintCard();
}

// -- the card of a neuron --------------------------------------------------------------------------

// Its output, its sum (the same where it has no activation), its bias, and its products with weights.
function partsOf(unit) {
  const output = unit.dataset.n === undefined ? -1 : Number(unit.dataset.n), bias = unit.dataset.bias;
  if (bias === undefined || output < 0) return null;
  const isSum = k => isNode(k) && D.op[k] === "add", sum = isSum(output) ? output : ins[output].find(isSum) ?? output;
  const products = [], stack = [sum];
  while (stack.length) {
    const k = stack.pop();
    for (const part of [...ins[k]].reverse()) {
      if (!isNode(part) || part === Number(bias)) continue;
      if (isSum(part) && owner.get(part) === unit) stack.push(part);
      else if (ins[part].some(x => weights.has(x))) products.push(part);
    }
  }
  const rows = products.map(p => { const weight = ins[p].find(x => weights.has(x)); return {product: p, weight, given: ins[p].find(x => x !== weight) ?? weight}; });
  rows.sort((a, b) => D.network.weights.indexOf(a.weight) - D.network.weights.indexOf(b.weight));
  return {output, sum, bias: Number(bias), rows};
}
const slopeOf = parts => parts.output === parts.sum ? 1 : graph.localOf(parts.output, parts.sum, S.R.data);
function isShut(unit) {
  const parts = partsCache.get(unit);
  return Boolean(parts) && parts.output !== parts.sum && known(parts.output) && slopeOf(parts) === 0;
}
const partsCache = new Map(units.map(unit => [unit, partsOf(unit)]));

function paintCard() {
  const card = $("card"), parts = shown && partsCache.get(shown);
  $("cardbox").hidden = net.hidden || !parts;
  // What the card says is not said twice; a weight that was pressed can be changed.
  $("chosen").hidden = !$("cardbox").hidden && Boolean(D.op[S.chosen]);
  if ($("cardbox").hidden) return;
  card.replaceChildren();
  $("cardname").textContent = shown.dataset.name;
  const hide = k => known(k) ? showValue(S.R.data[k]) : "?";
  const table = add(card, "table"), head = add(table, "tr"), most = max(...[...parts.rows.map(r => r.product), parts.bias].map(k => abs(S.R.data[k]))) || 1;
  for (const title of ["from", "input × weight", "", ""]) add(head, "th", title);
  const tr = (name, how, k) => {
    const line = add(table, "tr"), x = S.R.data[k];
    add(line, "td", name); add(line, "td", how); add(line, "td", hide(k), "d");
    const cell = add(line, "td", undefined, "bar"), bar = add(cell, "i", undefined, x < 0 ? "minus" : "plus");
    bar.style.width = `${known(k) ? 50 * abs(x) / most : 0}%`;
  };
  parts.rows.slice(0, 24).forEach((r, p) => {
    const isValue = isNode(r.given), x = isValue ? S.R.data[r.given] : Number(r.given[0]);
    const from = isValue && owner.get(r.given) ? owner.get(r.given).dataset.name ?? short(D.name[r.given]) : `input ${p}`;
    const weight = inShort(S.R.data[r.weight]);
    tr(from.replace(/ of layer .*/, ""), `${isValue && !known(r.given) ? "?" : inShort(x)} × ${weight[0] === "-" ? `(${weight})` : weight}`, r.product);
  });
  if (parts.rows.length > 24) add(add(table, "tr"), "td", `and ${parts.rows.length - 24} more`);
  tr("bias", "", parts.bias);
  const sum = add(table, "tr", undefined, "total");
  add(sum, "td", "sum"); add(sum, "td", ""); add(sum, "td", hide(parts.sum), "d"); add(sum, "td", "");
  if (parts.output !== parts.sum) {
    const op = D.op[parts.output];
    equation(card, [`${op}(${hide(parts.sum)}) = ${hide(parts.output)}`, `<mi mathvariant="normal">${op}</mi><mo>(</mo><mn>${hide(parts.sum).replace("-", "−")}</mn><mo>)</mo>\n<mrow class="d"><mn>${hide(parts.output).replace("-", "−")}</mn></mrow>`], "big");
    if (known(parts.output)) { drawActivation(card, parts, op); if (!D.forward) add(card, "p", saysOfSlope(parts, op)); }
  } else add(card, "p", "It has no activation: it gives the sum.", "f");
  drawMap(card, parts.output);
  if (!D.forward) add(card, "p", `gradient of its output ${gradText(parts.output)}${parts.output === parts.sum ? "" : `, of its sum ${gradText(parts.sum)}`}`, "g");
}
function saysOfSlope(parts, op) {
  const slope = slopeOf(parts), x = show(S.R.data[parts.sum]);
  if (slope === 0) return `${op} is shut at ${x}: its slope is 0, and it passes nothing back to its weights.`;
  if (abs(slope) < 0.05) return `${op} is flat at ${x} (saturated): its slope is ${show(slope)}, and hardly anything is passed back.`;
  return `The slope of ${op} at ${x} is ${show(slope)}: so much of the gradient is passed back.`;
}
function drawActivation(card, parts, op) {
  const x0 = S.R.data[parts.sum], f = x => graph.ops[op].f(...ins[parts.output].map((k, p) => k === parts.sum ? x : isNode(k) ? S.R.data[k] : graph.plain[parts.output][p]));
  if (!isFinite(x0)) return;
  const reach = max(3, 1.3 * abs(x0)), xs = Array.from({length: 61}, (_, p) => reach * (p / 30 - 1)), ys = xs.map(f);
  if (!ys.every(isFinite)) return;
  const low = min(...ys, 0), top = max(...ys, 0.1), px = x => 150 + 140 * x / reach, py = y => 90 - 80 * (y - low) / (top - low);
  const svg = make("svg", card, {viewBox: "0 0 300 100", class: "curve", role: "img", "aria-label": `${op}, at ${show(x0)}`});
  make("path", svg, {class: "axis", d: `M8 ${py(0)}H292M150 6V96`});
  make("path", svg, {class: "fun", d: "M" + xs.map((x, p) => `${px(x).toFixed(1)} ${py(ys[p]).toFixed(1)}`).join("L")});
  const slope = slopeOf(parts), y0 = S.R.data[parts.output], far = 0.3 * reach;
  if (!D.forward) make("path", svg, {class: "tan", d: `M${px(x0 - far)} ${py(y0 - slope * far)}L${px(x0 + far)} ${py(y0 + slope * far)}`});
  make("circle", svg, {class: "dot", cx: px(x0), cy: py(y0), r: 4.5});
}

// Where the network takes two numbers: what the neuron gives for others, blue above 0, orange below.
const given = units.filter(unit => unit.dataset.n && !unit.dataset.bias).map(nodeOf), SIDE = 24;
let map = {};
function drawMap(card, output) {
  if (given.length !== 2 || graph.N > 4000 || given.some(i => D.op[i] || !isFinite(S.R.data[i]))) return;
  const reach = 1.5 * max(1, ...given.map(i => abs(S.R.data[i]))), at = p => reach * ((2 * p + 1) / SIDE - 1);
  if (map.run !== S.R || map.output !== output) {
    const there = S.leaves.slice(), canvas = document.createElement("canvas"), pen = canvas.getContext("2d"), values = [];
    canvas.width = canvas.height = SIDE;
    for (let row = 0; row < SIDE; row++) for (let column = 0; column < SIDE; column++) {
      there[given[0]] = at(column); there[given[1]] = -at(row);
      values.push(graph.valuesOf(there)[output]);
    }
    const most = max(...values.map(abs)) || 1;
    values.forEach((x, k) => {
      pen.fillStyle = x < 0 ? "#d55e00" : "#0072b2";
      pen.globalAlpha = abs(x) / most || 0;
      pen.fillRect(k % SIDE, Math.floor(k / SIDE), 1, 1);
    });
    map = {run: S.R, output, values, url: canvas.toDataURL()};
  }
  const svg = make("svg", card, {viewBox: "0 0 300 146", class: "curve", role: "img", "aria-label": `what it gives for inputs from ${show(-reach)} to ${show(reach)}`});
  make("image", svg, {href: map.url, x: 80, y: 2, width: 140, height: 140, preserveAspectRatio: "none"});
  make("path", svg, {class: "axis", d: "M80 2h140v140h-140zM150 2v140M80 72h140"});
  const [x, y] = given.map(i => S.R.data[i] / reach * 70);
  make("circle", svg, {class: "dot", cx: 150 + x, cy: 72 - y, r: 4.5});
  make("text", svg, {x: 224, y: 76}, "x0"); make("text", svg, {x: 60, y: 13}, "x1");
}

// -- showing and opening ---------------------------------------------------------------------------

function showNetwork(on) {
  net.hidden = !on;
  picture.style.display = on ? "none" : "";
  for (const id of ["fit", "partials"]) $(id).hidden = on;
  $("legend").hidden = on;
  $("network").setAttribute("aria-pressed", on);
  paintCard();
  if (on) paintNetwork(); else keepPlace();  // the boxes have room again
}
// Opens what holds these nodes, and shows them as large as they fit.
function lookAt(nodes) {
  for (const i of nodes) for (const k of groupsOf(i)) S.open[k] = true;
  S.focus = 0;
  arrange(); paint();
  frameOn(nodes[0], 0, nodes.map(whereIs));
}
// All scalars of the neuron in the graph.
function openInGraph(element) {
  const own = [...owner.keys()].filter(k => owner.get(k) === element), parts = k => ins[k].filter(p => weights.has(p));
  const products = own.flatMap(k => ins[k].filter(p => isNode(p) && parts(p).length));
  showNetwork(false);
  S.chosen = nodeOf(element);
  lookAt([S.chosen, ...own, ...products, ...products.flatMap(parts)]);
  elementOf(S.chosen).focus({preventScroll: true});
}
function pressUnit(event) {
  const element = event.target.closest(".neuron[role],line[data-n]");
  if (!element || event.key && event.key !== "Enter" && event.key !== " ") return;
  event.preventDefault(); event.stopPropagation();
  S.chosen = nodeOf(element);
  shown = element.tagName === "line" ? shown : element;
  paint();
}

export function startNetwork() {
  if (!D.network) return;
  drawing.setAttribute("role", "group");
  for (const side of ["width", "height"]) drawing.style.setProperty("min-" + side, drawing.getAttribute(side) + "px");
  for (const element of [...units, ...lines]) {
    if (isNaN(nodeOf(element))) continue;
    element.setAttribute("tabindex", 0);
    element.setAttribute("role", "button");
    if (!element.dataset.n || element.tagName === "line") continue;
    make("text", element, {class: "grad", y: 34});
  }
  for (const kind of ["click", "keydown"]) net.addEventListener(kind, pressUnit);
  when("scalars", "click", () => openInGraph(shown));
  onPaint(paintNetwork);
  addEventListener("keydown", event => {
    if (event.key === "n" && event.target.tagName !== "INPUT" && !event.ctrlKey && !event.metaKey && !event.altKey) showNetwork(net.hidden);
  });
  when("network", "click", () => showNetwork(net.hidden));
  addEventListener("look", () => { if (!net.hidden) showNetwork(false); });
  if (D.network.open) {
    S.chosen = ROOT;
    shown = units.find(unit => partsCache.get(unit)) ?? null;
    showNetwork(true);
  }
}
