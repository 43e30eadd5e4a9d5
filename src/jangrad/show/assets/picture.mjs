// The graph as a picture: boxes, edges, what travels along them; zoom and pan.

import {ROW, abs, columns, max, min, plus, short} from "./numbers.mjs";
import {openedFirst} from "./boxes.mjs";
import {COLUMN_GAP, fitted, scaled, spread} from "./layout.mjs";
import {barsOf, SPARK, termsOf} from "./sums.mjs";
import {$, arrangeBoxes, countOf, D, dataMark, G, gradMark, graph, groupsOf, ins, inside, isIn, known, labelOf, lookInto, marked, paint, received, ROOT, S, sizes, slopeKnown, stepNode, stepped, told, uses, words} from "./state.mjs";

const HIGH = 46, LETTER = 7.9, PAD = 11, SMALL = 12, TIGHT = 32, READABLE = 11.2 / 13;
const NS = "http://www.w3.org/2000/svg", calm = matchMedia("(prefers-reduced-motion:reduce)");
export const make = (tag, parent, attributes = {}, text) => {
  const element = document.createElementNS(NS, tag);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  if (text !== undefined) element.textContent = text;
  parent.append(element);
  return element;
};
export const picture = $("picture");
// Where the picture is on the screen; asking the browser at every step would take longer than the step.
let seen = null;
export const frame = () => seen ??= picture.getBoundingClientRect();
const lookAgain = () => { seen = null; };
new ResizeObserver(lookAgain).observe(picture);
let drawn = new Map(), edgeOf = new Map(), pressed = () => {}, dragged = null;
export const onPress = act => { pressed = act; };

// -- where the boxes are ---------------------------------------------------------------------------

// Opens groups while there are few boxes; fewer until they can be read in the window, with fewer
// digits where that helps.
export function openFirst() {
  for (const most of [D.boxes, 30, 22, 16, 11]) {
    Object.assign(S, {open: openedFirst(G, inside, most), boxes: [], way: undefined, tight: false});
    const size = scaled(placeBoxes(), room());
    if (size >= READABLE) break;
    S.tight = true;
    S.way = undefined;
    if (size > 0.6 * READABLE && scaled(placeBoxes(), room()) >= READABLE) break;
  }
  Object.assign(S, {boxes: [], begun: S.open.slice()});
  arrange();
}
const room = () => { const {width, height} = frame(); return [width - 30, height - 36]; };

// Boxes with their sizes and places.
function placeBoxes() {
  arrangeBoxes();
  for (const box of S.boxes) {
    const i = box.node, group = G[box.group];
    const formula = D.op[i] ? words.formula(i) : "";
    box.label = group ? `${labelOf(group)}: ${countOf(box.group)}, press to open` : D.name[i] + (formula && ` = ${formula}`);
    box.steps = !group && uses[i] > 1 && uses[i] <= 40 ? received(i) : [];
    box.whole = !group || group.closing >= 0;
    box.terms = termsOf(box.group);
    [box.name, box.named, box.rest] = group && group.label ? [short(group.label), true, ""]
      : [short(D.name[i]), D.named[i], formula && restOf(D.name[i], formula)];
    box.mark = group ? D.origins.some(o => isIn(D.home[o], box.group)) ? "  not finite inside" : "" : D.origin[i] ? `  ${D.origin[i][0]}` : "";
    const grad = D.forward ? 0 : marked(S.R.grad[i]).length + (uses[i] > 1 && (S.tight ? 2 : 7)) + 8;
    const below = box.whole ? marked(S.R.data[i]).length + grad : countOf(box.group).length;
    box.remark = box.whole && D.remarks[i] || [];
    box.high = HIGH + 15 * box.remark.length;
    box.wide = max(...box.remark.map(line => columns(line) * LETTER), columns(box.name + box.rest + box.mark) * LETTER + (box.terms.length > 1 && SPARK), below * LETTER) + 2 * PAD;
  }
  const view = room(), few = S.boxes.length <= SMALL, long = way => view[way === "down" ? 1 : 0];
  const at = more => fitted(S.boxes.map(box => [box.wide, box.high + more]), S.edges, view, S.way);
  let placed = at(few ? 14 : 0);
  if (few && scaled(placed, view) < 1) placed = at(0);
  S.way = placed.down ? "down" : "right";
  const gaps = max(1, ...placed.columns), free = long(S.way) - (placed.down ? placed.height : placed.width);
  placed = spread(placed, S.edges, max(TIGHT, min(few ? 90 : 62, COLUMN_GAP + free / gaps)));
  S.boxes.forEach((box, b) => { box.x = placed.x[b]; box.y = placed.y[b]; });
  return placed;
}
export function arrange() {
  const {boxes, boxOf} = S;
  draw(placeBoxes(), boxes.length && (i => boxes[boxOf[i]]));
  document.querySelector("#legend .folded").hidden = S.boxes.every(box => box.group < 0);
}

// The formula behind a name: of what belongs to the same neuron without that, and as much as there is room for.
function restOf(name, formula) {
  const own = /^\w+\[\d+\]\[\d+\]\./.exec(name.replace(ROW, ""));
  const places = formula.replace(/row \d+: /g, "").replace(/\.layers\[(\d+)\]\.neurons\[(\d+)\]/g, "[$1][$2]");
  return " = " + short(own ? places.replaceAll(own[0], ".") : places);
}
const moveTo = (element, box, at) => { element.style.transform = `translate(${at.x - box.wide / 2}px,${at.y - box.high / 2}px)`; };

function draw(placed, was) {
  const kept = new Map();
  for (const box of S.boxes) {
    const element = drawn.get(box.key) || newBox(box);
    drawn.delete(box.key);
    kept.set(box.key, element);
    box.element = element;
    [box.value, box.gradient] = element.querySelectorAll("tspan.data,tspan.grad");
    for (const rect of element.querySelectorAll("rect.body,rect.back")) rect.setAttribute("width", box.wide);
    element.querySelector("rect.ring").setAttribute("width", box.wide + 12);
    if (was) moveTo(element, box, was(box.node) ?? box);  // it comes out of the box that it was in
    if (element.parentNode !== $("boxes") || element.nextSibling) $("boxes").append(element);
  }
  for (const element of drawn.values()) element.remove();
  drawn = kept;
  if (was) picture.getBoundingClientRect();  // the browser takes note of where they start
  for (const box of S.boxes) moveTo(box.element, box, box);
  $("edges").replaceChildren(); $("notes").replaceChildren(); edgeOf = new Map();
  S.edges.forEach(([u, v], e) => {
    const route = placed.routes[e];
    let [x, y] = route[0], path = `M${x} ${y}`;
    const [startX, startY] = route[0];
    for (const [nx, ny] of route.slice(1)) {
      const mx = (x + nx) / 2, my = (y + ny) / 2;
      path += x === nx || y === ny ? `L${nx} ${ny}` : placed.down ? `C${x} ${my} ${nx} ${my} ${nx} ${ny}` : `C${mx} ${y} ${mx} ${ny} ${nx} ${ny}`;
      [x, y] = [nx, ny];
    }
    const there = `M${x} ${y}` + (placed.down ? "m-4 -8l4 8l4 -8" : "m-8 -4l8 4l-8 4");
    const back = `M${startX} ${startY}` + (placed.down ? "m-4 8l4 -8l4 8" : "m8 -4l-8 4l8 4");
    const line = make("path", $("edges"), {class: "edge", d: path + there}), [p, q] = route.slice(-3);
    const one = S.boxes[u].group < 0 && S.boxes[v].group < 0;  // between others there is nothing to say
    // Of two that meet, and of two that part, the left one has it on the left.
    const meet = S.edges.some(([a, b]) => b === v && a !== u), right_ = p[0] < q[0] - 1;
    const side = placed.down ? right_ === meet ? -1 : 1 : 0;
    const note = one && make("text", $("notes"), {class: "note", "text-anchor": ["end", "middle", "start"][side + 1], x: (p[0] + q[0]) / 2 + 8 * side, y: (p[1] + q[1]) / 2 + (side ? 4 : -6)});
    edgeOf.set(u * S.boxes.length + v, {u, v, line, path, there, back, note, way: there, middle: [(p[0] + q[0]) / 2, (p[1] + q[1]) / 2]});
  });
}

function newBox(box) {
  const leaf = box.group < 0 && !D.op[box.node], fold = box.group >= 0;
  const element = make("g", $("boxes"), {class: `box${leaf ? " leaf" : ""}${fold ? " fold" : ""}`, tabindex: 0, role: "button"});
  element.dataset.key = box.key;
  make("title", element);
  make("rect", element, {class: "ring", x: -6, y: -6, height: box.high + 12, rx: 11});
  if (fold) make("rect", element, {class: "back", x: 4, y: 4, height: box.high, rx: 7});
  make("rect", element, {class: "body", height: box.high, rx: 7});
  const colour = box.whole && D.colours[box.node];
  if (colour) { element.classList.add("own"); element.style.setProperty("--own", colour); }
  const above = make("text", element, {x: PAD, y: 19});
  make("tspan", above, {class: box.named ? "name" : "how"}, box.name);
  make("tspan", above, {class: "how"}, box.rest);
  if (box.mark) make("tspan", above, {class: "mark"}, box.mark);
  const below = make("text", element, {x: PAD, y: 36, lengthAdjust: "spacingAndGlyphs"});
  if (box.whole) {
    make("tspan", below, {class: "data"});
    make("tspan", below, {class: "how"}, D.forward ? "" : "  grad ");
    make("tspan", below, {class: "grad"});
  } else make("tspan", below, {class: "how"}, countOf(box.group));
  box.remark.forEach((line, p) => make("text", element, {class: "remark", x: PAD, y: 53 + 15 * p}, line));
  make("g", element, {class: "parts"});
  element.addEventListener("click", () => { if (!moved) pressed(box.key); });
  element.addEventListener("keydown", event => {
    if (event.key !== "Enter" && event.key !== " ") return;
    pressed(box.key);
    event.preventDefault(); event.stopPropagation();
  });
  return element;
}
export const elementOf = i => whereIs(i).element;

// -- painting a step -------------------------------------------------------------------------------

export function paintPicture() {
  const {s, kind, node, target} = stepped(), asked = S.quiz && S.now < graph.STEPS ? S.now : -1;
  const waiting = asked < 0 ? -1 : graph.stepInput[asked] < 0 ? stepNode[asked] : graph.stepInput[asked];
  const feeds = kind === "forward" ? new Set(ins[node].filter(k => typeof k === "number").map(k => S.boxOf[k])) : new Set();
  S.boxes.forEach((box, b) => {
    const i = box.node, list = box.element.classList, marks = {
      now: target >= 0 && S.boxOf[target] === b,
      back: target >= 0 && S.boxOf[target] === b && kind !== "forward",
      sender: kind === "backward" && S.boxOf[node] === b && S.boxOf[target] !== b,
      feeds: feeds.has(b) && S.boxOf[node] !== b,
      asked: waiting >= 0 && S.boxOf[waiting] === b,
      chosen: S.boxOf[S.chosen] === b && box.group < 0,
      later: !known(i), wrong: box.mark && S.R === S.original, beside: Boolean(box.beside),
    };
    for (const mark in marks) list.toggle(mark, Boolean(marks[mark]));
    let title = box.label + (marks.wrong ? `;${box.mark}` : "");
    if (box.value) {
      const value = dataMark(i), gradient = D.forward ? "" : gradMark(i);
      title += [`\n${told(i)}`, ...box.remark].join("\n");
      if (box.value.textContent !== value || box.gradient.textContent !== gradient) {
        box.value.textContent = value; box.gradient.textContent = gradient;
        const text = box.value.parentNode, room = box.wide - 2 * PAD;
        if (columns(text.textContent) * LETTER > room + 2) text.setAttribute("textLength", room);
        else text.removeAttribute("textLength");
      }
      box.value.classList.toggle("changed", !D.op[i] && !Object.is(S.leaves[i], graph.first[i]));
    }
    if (D.line[i] && box.group < 0) title += "\n" + D.line[i];
    if (box.title !== title) {
      box.element.firstChild.textContent = box.title = title;
      box.element.setAttribute("aria-label", title.replaceAll("\n", "; "));
    }
    drawParts(box);
  });
  for (const edge of edgeOf.values()) {
    const {u, v, line, note} = edge, a = S.boxes[u].node, b = S.boxes[v].node;
    const backward = kind === "backward" && S.boxOf[target] === u && S.boxOf[node] === v;
    line.classList.toggle("now", backward);
    line.classList.toggle("ahead", kind === "forward" && S.boxOf[node] === v && feeds.has(u) && ins[node].some(k => typeof k === "number" && S.boxOf[k] === u));
    const way = backward ? edge.back : edge.there;
    if (way !== edge.way) line.setAttribute("d", edge.path + (edge.way = way));
    if (!note) continue;
    const times = ins[b].filter(k => k === a).length, shown = S.slopes && slopeKnown(b, a);
    const said = backward ? "" : shown ? marked(graph.localOf(b, a, S.R.data)) : times > 1 ? `used ${times}×` : "";
    if (note.textContent !== said) note.textContent = said;
    note.classList.toggle("slope", shown);
  }
  travel(kind === "backward" && S.boxOf[node] !== S.boxOf[target] ? edgeOf.get(S.boxOf[target] * S.boxes.length + S.boxOf[node]) : null, s);
  if (whereIs(target)) keepInSight(whereIs(target));
  place();
}

// The gradient as a bar of its contributions, filled as they come; or the terms of a sum.
function drawParts(box) {
  const {steps} = box, isSum = box.terms.length > 1 && box.terms.every(known), begun = steps.length && S.now > graph.SEED;
  const done = isSum ? 1 : begun ? steps.filter(s => s < S.now).length : -1, last = !S.fresh && steps.includes(S.now - 1);
  if (box.done === done && box.last === last && box.run === S.R) return;
  Object.assign(box, {done, last, run: S.R});
  const holder = box.element.querySelector(".parts");
  holder.replaceChildren();
  if (isSum) make("path", holder, {class: "spark", d: barsOf(box.terms, box.wide - SPARK + 4)});
  if (isSum || done < 0) return;
  const amounts = steps.map(s => abs(S.R.amount[s])), all = amounts.reduce((a, b) => a + b, 0);
  if (!isFinite(all) || !all) return;
  let x = PAD;
  const room = box.wide - 2 * PAD;
  make("rect", holder, {class: "track", x, y: HIGH - 6, width: room, height: 4});
  steps.forEach((s, t) => {
    const width = room * amounts[t] / all;
    if (s < S.now && width > 0.4) make("rect", holder, {class: `part${S.R.amount[s] < 0 ? " minus" : ""}${last && s < S.now - 1 ? " before" : ""}`, x: x + 0.5, y: HIGH - 6, width: max(0.4, width - 1), height: 4});
    x += width;
  });
}

// What is handed back, as a pill that goes along the edge against its direction.
let flight = 0;
function travel(edge, s) {
  const pill = $("pill");
  cancelAnimationFrame(flight);
  pill.replaceChildren();
  if (!edge) { pill.dataset.step = ""; return; }
  const text = plus(S.R.amount[s]), wide = text.length * LETTER + 14, again = pill.dataset.step === String(s);
  make("rect", pill, {x: -wide / 2, y: -11, width: wide, height: 22, rx: 11});
  make("text", pill, {"text-anchor": "middle", y: 4.5}, text);
  const at = (x, y) => pill.setAttribute("transform", `translate(${x} ${y})`);
  pill.dataset.step = s;
  at(...edge.middle);
  if (calm.matches || again || document.hidden) return;
  const start = performance.now(), {line, middle} = edge;
  const move = time => {
    // Once an edge, and only for what is still there at the next frame: the browser takes long for it.
    edge.long ??= line.getTotalLength() - 18;  // without the tip
    const along = t => line.getPointAtLength(edge.long * t), gap = t => { const p = along(t); return Math.hypot(p.x - middle[0], p.y - middle[1]); };
    edge.rest ??= Array.from({length: 20}, (_, t) => t / 20).reduce((a, b) => gap(b) < gap(a) ? b : a);
    const t = min(1, max(0, (time - start) / 600)), p = along(1 - (1 - edge.rest) * (1 - (1 - t) ** 2));
    if (t < 1) { at(p.x, p.y); flight = requestAnimationFrame(move); } else at(...middle);
  };
  flight = requestAnimationFrame(move);
}

// -- opening and folding ---------------------------------------------------------------------------

// Whatever changes what is open: the box of `anchor` stays where it is on the screen, or moves as far
// as is needed to see all of `some`, the boxes of what was opened.
export function reopen(change, anchor, some = () => []) {
  const before = whereIs(anchor) ?? S.boxes[0], x = before.x * zoom + left, y = before.y * zoom + top_;
  change();
  arrange();
  const box = whereIs(anchor);
  left = x - box.x * zoom; top_ = y - box.y * zoom;
  if (zoom < READABLE) scale(READABLE / zoom, x, y);
  paint();
  const {width, height} = frame(), fits = ([west, east, north, south]) => (east - west) * zoom < width - 20 && (south - north) * zoom < height - 80;
  const inner = some();
  if (fits(extent(S.boxes))) centre();
  else if (inner.length && fits(extent(inner))) bringIn(extent(inner));
  else if (S.focus) frameOn(anchor);
  else keepInSight(box);
  place(true);
}
// Opens what holds a node; true if anything was closed.
export function reveal(i) {
  const path = groupsOf(i), closed = path.filter(k => !S.open[k]), box = whereIs(i);
  if (closed.length || !box) {
    reopen(() => { for (const k of closed) S.open[k] = true; lookInto(path[path.length - 1]); }, box ? box.node : i);
  }
}
export const whereIs = i => S.boxes[S.boxOf[i]];

// -- zoom and pan ----------------------------------------------------------------------------------

let zoom = 1, left = 0, top_ = 0, moved = false;
const pointers = new Map();
const extent = some => {
  const reach = (sign, a, size) => sign * max(...some.map(b => sign * b[a] + b[size] / 2));
  return [reach(-1, "x", "wide"), reach(1, "x", "wide"), reach(-1, "y", "high"), reach(1, "y", "high")];
};
export function place(glide) {
  const {width, height} = frame();
  if (S.boxes.length && width) {  // some of it stays in the window
    const [west, east, north, south] = extent(S.boxes), margin = 60;
    left = min(width - margin - west * zoom, max(margin - east * zoom, left));
    top_ = min(height - margin - north * zoom, max(margin - south * zoom, top_));
  }
  if (glide !== undefined) $("view").classList.toggle("glide", glide);
  $("view").style.transform = `translate(${left}px,${top_}px) scale(${zoom})`;
}
export function scale(factor, x, y) {
  const {width, height} = frame();
  x ??= width / 2; y ??= height / 2;
  const next = max(0.02, min(4, zoom * factor));
  left = x - (x - left) * next / zoom; top_ = y - (y - top_) * next / zoom; zoom = next;
  place(false);
}
function centre() {
  const {width, height} = frame(), [west, east, north, south] = extent(S.boxes);
  left = (width - (west + east) * zoom) / 2; top_ = (height - (north + south) * zoom) / 2;
}
// All of some boxes where that can be read, otherwise the part around a node.
export function frameOn(i, least = READABLE, some = S.boxes) {
  lookAgain();
  const {width, height} = frame(), [west, east, north, south] = extent(some), box = whereIs(i) ?? S.boxes[0];
  zoom = max(least, 0.02, min(1.8, (width - 40) / (east - west), (height - 46) / (south - north)));
  const start = (room, low, high, at) => (high - low) * zoom <= room - 20 ? (room - (low + high) * zoom) / 2
    : min(20 - low * zoom, max(room - 20 - high * zoom, room / 2 - at * zoom));
  left = start(width, west, east, box.x); top_ = start(height, north, south, box.y);
  place(true);
}
export const fit = () => frameOn(ROOT, 0);
export const keepInSight = box => bringIn(extent([box]));
// Moves the picture as little as it takes to see all of that; the way to it is written above.
function bringIn([west, east, north, south]) {
  const {width, height} = frame(), above = $("crumbs").hidden ? 14 : 44;
  const shift = (low, high, from, to) => high - low > to - from ? (from + to - low - high) / 2 : max(0, from - low) + min(0, to - high);
  const across = shift(west * zoom + left, east * zoom + left, 12, width - 12), along = shift(north * zoom + top_, south * zoom + top_, above, height - 14);
  if (!across && !along) return;
  left += across; top_ += along;
  place(true);
}
export function keepPlace() { lookAgain(); arrange(); paint(); frameOn(S.chosen); }

// A number that was given is dragged to another; everything else moves the picture.
let changing = () => {};
export const onDrag = act => { changing = act; };
picture.addEventListener("wheel", event => {
  // Where the page is longer than the window, as much enlarged, the wheel scrolls it.
  if (document.documentElement.scrollHeight > innerHeight && !event.ctrlKey) return;
  event.preventDefault();
  const at = frame();
  scale(Math.exp(-event.deltaY * 0.0015), event.clientX - at.left, event.clientY - at.top);
}, {passive: false});
picture.addEventListener("pointerdown", event => {
  moved = false;
  const number = event.target.closest(".box.leaf .data");
  if (number && !pointers.size && !S.quiz && !D.fixed) {
    const i = Number(number.closest(".box").dataset.key.slice(1)), x = S.leaves[i];
    if (isFinite(x)) dragged = {id: event.pointerId, i, from: event.clientX, x, unit: (abs(graph.first[i]) || 1) / 100};
  }
  pointers.set(event.pointerId, {start: event, last: event});
});
addEventListener("pointermove", event => {
  const before = pointers.get(event.pointerId);
  if (!before) return;
  if (Math.hypot(event.clientX - before.start.clientX, event.clientY - before.start.clientY) > 4) moved = true;
  const {last} = before;
  before.last = event;
  if (!moved) return;
  if (dragged && dragged.id === event.pointerId) { changing(dragged.i, Number((dragged.x + Math.round(event.clientX - dragged.from) * dragged.unit).toPrecision(6))); return; }
  const others = [...pointers.values()].filter(p => p !== before);
  if (others.length) {
    const at = frame(), o = others[0].last, far = p => Math.hypot(p.clientX - o.clientX, p.clientY - o.clientY) || 1;
    scale(far(event) / far(last), o.clientX - at.left, o.clientY - at.top);
  } else { left += event.clientX - last.clientX; top_ += event.clientY - last.clientY; place(false); }
});
for (const kind of ["pointerup", "pointercancel"]) addEventListener(kind, event => { pointers.delete(event.pointerId); dragged = null; });

addEventListener("beforeprint", () => { const [west, east, north, south] = extent(S.boxes); picture.setAttribute("viewBox", `${west - 9} ${north - 9} ${east - west + 18} ${south - north + 18}`); $("view").style.transform = ""; });
addEventListener("afterprint", () => { picture.removeAttribute("viewBox"); place(); });
