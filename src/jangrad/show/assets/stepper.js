// The stepper. Steps: every operation once, forward; then a 1 for the root; then every contribution of a
// node to one of its inputs, backward. `now` counts the steps that are done.
const D = JSON.parse(document.getElementById("data").textContent);
const $ = id => document.getElementById(id), NS = "http://www.w3.org/2000/svg";
const read = x => typeof x === "number" ? x : Number(String(x).replace("inf", "Infinity"));
const N = D.name.length, ROOT = N - 1, ins = D.inputs, isNode = x => typeof x === "number";
const HIGH = 44, LETTER = 7.3, PAD = 10, LONGEST = 36, READABLE = 0.62, TERMS = 8;

const show = x => {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  const a = Math.abs(x);
  const text = a && (a >= 1e6 || a < 1e-4) ? x.toExponential(5) : String(Number(x.toPrecision(6)));
  return text.replace(/\.?0+e/, "e").replace(/^-0$/, "0");
};
const short = s => {
  s = s.replace(/\.layers\[(\d+)\]\.neurons\[(\d+)\]/g, "[$1][$2]");
  return s.length > LONGEST ? "…" + s.slice(1 - LONGEST) : s;
};
const signed = x => show(x).replace(/^-.*/, "($&)");
const make = (tag, parent, attributes = {}, text) => {
  const element = document.createElementNS(NS, tag);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  if (text !== undefined) element.textContent = text;
  parent.append(element);
  return element;
};
const line = (parent, text, kind) => {
  const p = document.createElement("p");
  p.textContent = text;
  if (kind) p.className = kind;
  parent.append(p);
};
const formula = i => !D.op[i] ? "" : D.formula[i] || spelled(i, k => D.name[k]);
// The notation of the operation with something in the place of its inputs.
const spelled = (i, spell) => {
  const text = D.text[D.op[i]], parts = ins[i].map(k => isNode(k) ? spell(k) : show(read(k[0])));
  const bare = p => text.endsWith(")") || (!p && text[0] === "{" && !text.includes("**"));
  const put = p => parts[p][0] === "-" && !bare(p) ? `(${parts[p]})` : parts[p];
  return text.replace(/\{(\w+)\}/g, (_, name) => put(name === "b" ? 1 : name[1] ? name.slice(1) - 1 : 0));
};
const computed = i => spelled(i, k => show(R.data[k]));
const simple = i => /^\w+$/.test(D.name[i]) ? D.name[i] : `(${D.name[i]})`;
const slope = (top, bottom) => `d${simple(top)}/d${simple(bottom)}`;

// -- the numbers ---------------------------------------------------------------------------------

const first = D.data.map(read), uses = new Int32Array(N), stepNode = [], stepPlace = [];
const born = new Int32Array(N).fill(-1);
for (let i = 0; i < N; i++) {
  for (const k of ins[i]) if (isNode(k)) uses[k]++;
  if (D.op[i]) { born[i] = stepNode.length; stepNode.push(i); stepPlace.push(-1); }
}
const SEED = stepNode.length;
stepNode.push(ROOT); stepPlace.push(-2);
for (let i = ROOT; i >= 0; i--)
  ins[i].forEach((k, p) => { if (isNode(k)) { stepNode.push(i); stepPlace.push(p); } });
const STEPS = stepNode.length;

// All values and gradients for given leaves; `before[s]` is a gradient as step s finds it.
function run(leaves) {
  const data = Float64Array.from(leaves), grad = new Float64Array(N), met = [];
  const amount = new Float64Array(STEPS), local = new Float64Array(STEPS), before = new Float64Array(STEPS);
  const numbers = i => ins[i].map(k => isNode(k) ? data[k] : read(k[0]));
  for (let s = 0; s < SEED; s++) {
    const i = stepNode[s];
    data[i] = OPS[D.op[i]].f(...numbers(i));
  }
  grad[ROOT] = met[ROOT] = 1;
  for (let s = SEED + 1; s < STEPS; s++) {
    const i = stepNode[s], p = stepPlace[s], k = ins[i][p];
    const d = local[s] = OPS[D.op[i]].d[p](...numbers(i), data[i]);
    if (met[i] && d !== null) { amount[s] = grad[i] * d; met[k] = 1; }
    before[s] = grad[k];
    grad[k] += amount[s];
  }
  return {data, grad, amount, local, before};
}
const leaves = first.slice(), original = run(first);
let R = original, now = 0, chosen = ROOT, playing = 0, fresh = true, partials = false, quiz = Boolean(D.quiz);
const g = new Float64Array(N), got = new Int32Array(N);

function go(s) {
  s = Math.max(0, Math.min(STEPS, s));
  for (; now < s; now++) {
    if (stepPlace[now] === -2) { g[ROOT] = 1; got[ROOT] = 1; }
    if (stepPlace[now] < 0) continue;
    const k = ins[stepNode[now]][stepPlace[now]];
    g[k] = R.before[now] + R.amount[now]; got[k]++;
  }
  while (now > s) {
    now--;
    if (stepPlace[now] === -2) { g[ROOT] = 0; got[ROOT] = 0; }
    if (stepPlace[now] < 0) continue;
    const k = ins[stepNode[now]][stepPlace[now]];
    g[k] = R.before[now]; got[k]--;
  }
  paint();
}
const known = i => born[i] < now, whole = i => i === ROOT ? got[i] > 0 : got[i] === uses[i] && now > SEED;
const dataText = i => known(i) ? show(R.data[i]) : "?";
const gradText = i => got[i] ? show(g[i]) + (whole(i) ? "" : " so far") : whole(i) ? "0" : "not computed";

// -- boxes: a node, or a closed group -------------------------------------------------------------

const G = D.groups, open = G.map(() => false), sizes = new Int32Array(G.length), inside = new Int32Array(G.length);
D.home.forEach(k => { inside[k]++; for (; k >= 0; k = G[k].parent) sizes[k]++; });
G.forEach(group => { if (group.parent >= 0) inside[group.parent]++; });
const labelOf = group => group.label || `${D.name[group.closing]} = ${formula(group.closing)}`;
let boxes = [], edges = [], boxOf = new Int32Array(N), drawn = new Map(), edgeOf = new Map(), down;
const picture = $("picture"), frame = () => picture.getBoundingClientRect();

// Opens the groups in the order of the data while there are few boxes; fewer until they fit the window.
function openFirst() {
  const ranked = G.map((_, k) => k).filter(k => G[k].open).sort((a, b) => G[a].open - G[b].open);
  for (const most of [D.boxes, 30, 22, 16]) {
    let many = 1;
    open.fill(false);
    for (const k of ranked) if (!k || open[G[k].parent] && many + inside[k] - 1 <= most) { open[k] = true; many += inside[k] - 1; }
    boxes = [];
    if (arrange() >= READABLE) return;
  }
}

function arrange() {
  const was = boxes.length ? Array.from(boxOf, b => boxes[b]) : null;
  const closed = new Int32Array(G.length).fill(-1);
  G.forEach((group, k) => {
    const above = group.parent < 0 ? -1 : closed[group.parent];
    closed[k] = above >= 0 ? above : open[k] ? -1 : k;
  });
  const number = new Map(), found = [];
  for (let i = 0; i < N; i++) {
    const k = closed[D.home[i]], key = k >= 0 && sizes[k] > 1 ? "g" + k : "n" + i;
    if (!number.has(key)) { number.set(key, found.length); found.push({key, group: key[0] === "g" ? k : -1}); }
    const b = number.get(key);
    found[b].node = i;  // the last one closes the group
    boxOf[i] = b;
  }
  const seen = new Set(), pairs = [];
  for (let i = 0; i < N; i++) for (const k of ins[i]) if (isNode(k) && boxOf[k] !== boxOf[i]) {
    const code = boxOf[k] * found.length + boxOf[i];
    if (!seen.has(code)) { seen.add(code); pairs.push([boxOf[k], boxOf[i]]); }
  }
  // inputs first (Kahn, 1962)
  const waiting = found.map(() => 0), users = found.map(() => []), order = [];
  for (const [u, v] of pairs) { waiting[v]++; users[u].push(v); }
  const ready = found.map((_, b) => b).filter(b => !waiting[b]).reverse();
  while (ready.length) {
    const b = ready.pop();
    order.push(b);
    for (const v of users[b].reverse()) if (!--waiting[v]) ready.push(v);
  }
  const place = []; order.forEach((b, at) => { place[b] = at; });
  boxes = order.map(b => found[b]);
  boxOf = boxOf.map(b => place[b]);
  edges = pairs.map(([u, v]) => [place[u], place[v]]).sort((p, q) => p[0] - q[0] || p[1] - q[1]);
  for (const box of boxes) {
    const i = box.node, group = G[box.group], count = group && `${sizes[box.group].toLocaleString("en")} Values`;
    box.whole = !group || group.closing >= 0;
    box.count = count;
    [box.name, box.named, box.rest] = group && group.label ? [short(group.label), true, box.whole ? "  " + count : ""]
      : [short(D.name[i]), D.named[i], D.op[i] ? " = " + short(formula(i)) : ""];
    const below = box.whole ? show(R.data[i]).length + Math.max(12, show(R.grad[i]).length + (uses[i] > 1 && 7)) + 7 : count.length;
    box.wide = Math.max(box.name.length + box.rest.length, below) * LETTER + 2 * PAD;
  }
  const {width, height} = frame(), boxSizes = boxes.map(box => [box.wide, HIGH]);
  const placed = fitted(boxSizes, edges, [width - 30, height - 30]);
  down = placed.down;
  boxes.forEach((box, b) => { box.x = placed.x[b]; box.y = placed.y[b]; });
  draw(placed, was);
  return scaled(placed, [width - 30, height - 30]);
}

const put = (element, box, at) => { element.style.transform = `translate(${at.x - box.wide / 2}px,${at.y - HIGH / 2}px)`; };

function draw(placed, was) {
  const kept = new Map();
  for (const box of boxes) {
    const element = drawn.get(box.key) || newBox(box);
    drawn.delete(box.key);
    kept.set(box.key, element);
    box.element = element;
    element.children[1].setAttribute("width", box.wide);
    if (was) put(element, box, was[box.node]);  // it comes out of the box that it was in
    $("boxes").append(element);
  }
  for (const element of drawn.values()) element.remove();
  drawn = kept;
  if (was) frame();  // the browser takes note of where they start
  for (const box of boxes) put(box.element, box, box);
  $("edges").replaceChildren(); $("notes").replaceChildren(); edgeOf = new Map();
  edges.forEach(([u, v], e) => {
    const a = boxes[u], b = boxes[v], route = placed.routes[e];
    let [x, y] = route[0], path = `M${x} ${y}`;
    for (const [nx, ny] of route.slice(1)) {
      const mx = (x + nx) / 2, my = (y + ny) / 2;
      path += x === nx || y === ny ? `L${nx} ${ny}` : down ? `C${x} ${my} ${nx} ${my} ${nx} ${ny}` : `C${mx} ${y} ${mx} ${ny} ${nx} ${ny}`;
      [x, y] = [nx, ny];
    }
    path += down ? "m-3.5 -7l3.5 7l3.5 -7" : "m-7 -3.5l7 3.5l-7 3.5";
    edgeOf.set(u * boxes.length + v, make("path", $("edges"), {class: "edge", d: path}));
    if (a.group >= 0 || b.group >= 0) return;
    const places = ins[b.node].flatMap((k, p) => k === a.node ? [p] : []);
    const times = places.length > 1 ? "×" + places.length : "";
    const local = partials ? show(places.reduce((sum, p) =>
      sum + OPS[D.op[b.node]].d[p](...ins[b.node].map(k => isNode(k) ? R.data[k] : read(k[0])), R.data[b.node]), 0)) : "";
    const [p, q] = route.slice(-3);
    if (times || partials) make("text", $("notes"), {class: "note", "text-anchor": "middle",
      x: (p[0] + q[0]) / 2, y: (p[1] + q[1]) / 2 - 5}, partials ? local : times);
  });
}

function newBox(box) {
  const leaf = box.group < 0 && !D.op[box.node];
  const element = make("g", $("boxes"), {class: `box${leaf ? " leaf" : ""}${box.group >= 0 ? " fold" : ""}`, tabindex: 0, role: "button"});
  make("title", element);
  make("rect", element, {height: HIGH, rx: 6});
  const above = make("text", element, {x: PAD, y: 18});
  make("tspan", above, {class: box.named ? "name" : "how"}, box.name);
  make("tspan", above, {class: "how"}, box.rest);
  const below = make("text", element, {x: PAD, y: 35, lengthAdjust: "spacingAndGlyphs"});
  if (box.whole) {
    make("tspan", below, {class: "data"});
    make("tspan", below, {class: "how"}, "  grad ");
    make("tspan", below, {class: "grad"});
  } else make("tspan", below, {class: "how"}, box.count);
  element.addEventListener("click", () => press(box.key));
  element.addEventListener("keydown", event => { if (event.key === "Enter") { press(box.key); event.stopPropagation(); } });
  return element;
}
const press = key => {
  const k = Number(key.slice(1));
  if (key[0] === "g") fold(k, true);
  else choose(k, true);
};

function fold(k, opened) {
  const last = D.home.findLastIndex(h => { for (; h >= 0; h = G[h].parent) if (h === k) return true; });
  open[k] = opened;
  if (opened) chosen = last;  // so that it can be folded again
  arrange(); paint(); frameOn(last);
}

// -- painting a step ------------------------------------------------------------------------------

function paint() {
  const s = now - 1, node = s < 0 ? -1 : stepNode[s], place = s < 0 ? -1 : stepPlace[s];
  const target = place >= 0 ? ins[node][place] : node;
  boxes.forEach((box, b) => {
    const i = box.node, list = box.element.classList;
    list.toggle("now", s >= 0 && !fresh && (boxOf[target] === b || boxOf[node] === b));
    list.toggle("chosen", boxOf[chosen] === b && box.group < 0);
    list.toggle("later", !known(i));
    const [value, gradient] = box.element.querySelectorAll("tspan.data,tspan.grad");
    const label = box.group < 0 ? `${D.name[i]}${formula(i) && " = " + formula(i)}` : `${labelOf(G[box.group])}: ${box.count}, press to open`;
    if (value) {
      value.textContent = dataText(i); gradient.textContent = gradText(i);
      const text = value.parentNode, room = box.wide - 2 * PAD;
      if (text.textContent.length * LETTER > room + 2) text.setAttribute("textLength", room);
      else text.removeAttribute("textLength");
    }
    box.element.firstChild.textContent = label + (value ? `\nvalue ${dataText(i)}, gradient ${gradText(i)}` : "") + (D.line[i] && box.group < 0 ? "\n" + D.line[i] : "");
    box.element.setAttribute("aria-label", box.element.firstChild.textContent);
  });
  for (const [code, element] of edgeOf) {
    const u = Math.floor(code / boxes.length), v = code % boxes.length;
    element.classList.toggle("now", !fresh && place >= 0 && boxOf[target] === u && boxOf[node] === v);
    element.classList.toggle("ahead", !fresh && place === -1 && boxOf[node] === v && ins[node].some(k => isNode(k) && boxOf[k] === u));
  }
  $("time").value = now;
  $("count").textContent = `${now} / ${STEPS}`;
  tell(s, node, place, target);
  if (s >= 0 && !fresh) keepInSight(boxes[boxOf[target]]);
  details();
  ask();
  dispatchEvent(new Event("paint"));  // for another picture of the same step
}

function tell(s, node, place, target) {
  const box = $("line");
  box.replaceChildren();
  const head = (kind, text) => { const h = document.createElement("h2"); h.textContent = `${kind}, step ${text}`; box.append(h); };
  if (s < 0 || fresh) {
    line(box, `Forward, ${SEED.toLocaleString("en")} step${SEED - 1 ? "s" : ""}: every value from the inputs to ${D.name[ROOT]}. Backward, ${(STEPS - SEED).toLocaleString("en")}: every gradient from it to the inputs.`);
    line(box, s < 0 ? "▶ or the right arrow key makes the next step." : "|◀ goes to the beginning, ◀ or the left arrow key one step back. Press what is drawn to look at it.", "f");
    return;
  }
  if (place === -1) {
    head("Forward", `${s + 1} of ${SEED}`);
    line(box, `${D.name[node]} = ${formula(node)} = ${computed(node)} = ${show(R.data[node])}`, "sum d");
    return;
  }
  head("Backward", `${s - SEED + 1} of ${STEPS - SEED}`);
  if (place === -2) { line(box, `${slope(ROOT, ROOT)} = 1`, "sum g"); line(box, "Every gradient starts from here: how much the last number changes when it changes itself."); return; }
  const rule = D.slope[node] && D.slope[node][place];
  line(box, `${D.name[node]} = ${formula(node)}`, "sum");
  line(box, `${slope(ROOT, node)} × ${slope(node, target)}${rule ? ` = ${slope(ROOT, node)} × ${rule}` : ""}`, "sum g");
  line(box, `= ${show(R.grad[node])} × ${signed(R.local[s])} = ${show(R.amount[s])}`, "sum g");
  const before = got[target] > 1 ? `${show(R.before[s])} + ${signed(R.amount[s])} = ` : "";
  line(box, `${slope(ROOT, target)} ${whole(target) ? "" : "so far "}= ${before}${show(g[target])}`, "sum g");
  line(box, `${D.name[node]} hands its gradient, times the local partial, to ${D.name[target]}` + (whole(target) ? "; nobody else will." : `; ${uses[target] - got[target]} more to come.`), "f");
}

function details() {
  const box = $("chosen"), i = chosen;
  box.replaceChildren();
  const h = document.createElement("h2"); h.textContent = D.name[i]; box.append(h);
  const button = (text, act) => { const b = document.createElement("button"); b.textContent = text; b.onclick = act; box.append(b); };
  if (D.op[i]) line(box, `${formula(i)} = ${known(i) ? computed(i) : "…"}`, "sum");
  line(box, `value ${dataText(i)}`, "sum d");
  const paths = [];
  for (let s = SEED + 1; s < now; s++) if (ins[stepNode[s]][stepPlace[s]] === i) paths.push(s);
  line(box, `gradient ${gradText(i)}${paths.length > 1 ? ", the sum of" : ""}`, "sum g");
  for (const s of paths.slice(0, TERMS)) line(box, `${slope(ROOT, stepNode[s])} × ${slope(stepNode[s], i)} = ${show(R.grad[stepNode[s]])} × ${signed(R.local[s])} = ${show(R.amount[s])}`, "sum f");
  if (paths.length > TERMS) line(box, `and ${(paths.length - TERMS).toLocaleString("en")} more`, "f");
  if (D.line[i]) line(box, D.line[i], "f");
  if (D.op[i]) button("go to its value", () => step(born[i] + 1));
  button("go to its gradient", () => { let s = SEED; for (let left = uses[i]; left; s++) if (stepPlace[s] >= 0 && ins[stepNode[s]][stepPlace[s]] === i) left--; step(Math.max(s, SEED + 1)); });
  let k = D.home[i];
  while (k > 0 && !open[k]) k = G[k].parent;
  if (k > 0 && sizes[k] > 1) button(`fold ${short(labelOf(G[k]))}`, () => fold(k, false));
  $("whatif").hidden = quiz || D.fixed || Boolean(D.op[i]);
  $("whatname").textContent = `${D.name[i]} =`;
  if (document.activeElement !== $("value")) $("value").value = show(leaves[i]);
  const change = leaves[i] - first[i];
  if (document.activeElement !== $("slide")) $("slide").value = 100 * change / (Math.abs(first[i]) || 1);
  $("tangent").textContent = !change ? `Change ${D.name[i]} and see what becomes of ${D.name[ROOT]}.` :
    `${D.name[ROOT]} changes by ${show(R.data[ROOT] - original.data[ROOT])}; gradient × change says ${show(original.grad[i])} × ${signed(change)} = ${show(original.grad[i] * change)}. ${D.name[ROOT]} = ${show(R.data[ROOT])}`;
}

function choose(i, reveal) {
  chosen = i;
  let moved = false;
  for (let k = D.home[i]; k >= 0; k = G[k].parent) if (!open[k]) { open[k] = true; moved = true; }
  if (moved) arrange();
  paint();
  if (moved) frameOn(i);
  else if (reveal) keepInSight(boxes[boxOf[i]]);
}

// -- what if --------------------------------------------------------------------------------------

function change(x) {
  if (!Number.isFinite(x) || D.op[chosen]) return;
  leaves[chosen] = x;
  const s = now;
  go(0);
  R = leaves.every((leaf, i) => D.op[i] || Object.is(leaf, first[i])) ? original : run(leaves);
  go(s);
}
$("value").addEventListener("input", () => change(Number($("value").value.replace(",", ".") || NaN)));
$("slide").addEventListener("input", () => change(first[chosen] + $("slide").value / 100 * (Math.abs(first[chosen]) || 1)));
$("reset").addEventListener("click", () => change(first[chosen]));

// -- predict, then see ----------------------------------------------------------------------------

function wanted() {
  const i = stepNode[now], p = stepPlace[now];
  if (p === -1) return [`What is ${D.name[i]} = ${formula(i)} = ${computed(i)} ?`, R.data[i]];
  if (p === -2) return [`What is ${slope(ROOT, ROOT)} ?`, 1];
  const k = ins[i][p];
  return [`What does ${D.name[i]} = ${formula(i)} hand to ${D.name[k]}? ${slope(ROOT, i)} × ${slope(i, k)} = ${show(R.grad[i])} × ${slope(i, k)} = ?`, R.amount[now]];
}
function ask() {
  $("ask").hidden = !quiz || now >= STEPS;
  if (!$("ask").hidden) $("question").textContent = wanted()[0];
}
$("answer").addEventListener("submit", event => {
  event.preventDefault();
  const [, right] = wanted(), guess = Number($("guess").value.replace(",", ".") || NaN);
  fresh = false;
  const good = Math.abs(guess - right) <= 0.005 * Math.abs(right) + 1e-9 || (Number.isNaN(guess) && Number.isNaN(right) && $("guess").value !== "");
  if (good) { $("guess").value = ""; go(now + 1); $("verdict").textContent = `Right: ${show(right)}`; }
  else $("verdict").textContent = $("guess").value === "" ? "Type a number." : `Not ${$("guess").value}. Look at the formula again.`;
});
$("reveal").addEventListener("click", () => { fresh = false; const right = wanted()[1]; go(now + 1); $("verdict").textContent = `It was ${show(right)}`; });

// -- zoom and pan ---------------------------------------------------------------------------------

let zoom = 1, left = 0, top_ = 0;
const pointers = new Map();
const place = glide => {
  $("view").classList.toggle("glide", Boolean(glide));
  $("view").style.transform = `translate(${left}px,${top_}px) scale(${zoom})`;
};
function scale(factor, x, y) {
  const next = Math.max(0.02, Math.min(4, zoom * factor));
  left = x - (x - left) * next / zoom; top_ = y - (y - top_) * next / zoom; zoom = next;
  place();
}
const extent = some => {
  const reach = (sign, a, size) => sign * Math.max(...some.map(b => sign * b[a] + (size ? b[size] : HIGH) / 2));
  return [reach(-1, "x", "wide"), reach(1, "x", "wide"), reach(-1, "y"), reach(1, "y")];
};
// All of some boxes where that can be read, otherwise the part around a node.
function frameOn(i, least = READABLE, some = boxes) {
  const {width, height} = frame(), [west, east, north, south] = extent(some), box = boxes[boxOf[i]];
  zoom = Math.max(least, 0.02, Math.min(1.6, (width - 30) / (east - west), (height - 30) / (south - north)));
  const start = (room, low, high, at) => (high - low) * zoom <= room - 20 ? (room - (low + high) * zoom) / 2
    : Math.min(15 - low * zoom, Math.max(room - 15 - high * zoom, room / 2 - at * zoom));
  left = start(width, west, east, box.x); top_ = start(height, north, south, box.y);
  place(true);
}
const fit = () => frameOn(ROOT, 0);
// Opens what holds these nodes, and shows them as large as they fit.
function lookAt(nodes) {
  for (const i of nodes) for (let k = D.home[i]; k >= 0; k = G[k].parent) open[k] = true;
  arrange(); paint();
  frameOn(nodes[0], 0, nodes.map(i => boxes[boxOf[i]]));
}
function keepInSight(box) {
  const {width, height} = frame(), x = box.x * zoom + left, y = box.y * zoom + top_;
  const half = Math.min(box.wide * zoom / 2, width / 2 - 12) + 12;
  const across = Math.max(0, half - x) + Math.min(0, width - half - x), along = Math.max(0, 34 - y) + Math.min(0, height - 34 - y);
  if (!across && !along) return;
  left += across; top_ += along;
  place(true);
}
picture.addEventListener("wheel", event => {
  event.preventDefault();
  const at = frame();
  scale(Math.exp(-event.deltaY * 0.0015), event.clientX - at.left, event.clientY - at.top);
}, {passive: false});
picture.addEventListener("pointerdown", event => pointers.set(event.pointerId, event));
addEventListener("pointermove", event => {
  const before = pointers.get(event.pointerId);
  if (!before) return;
  const others = [...pointers.values()].filter(p => p.pointerId !== event.pointerId);
  if (others.length) {
    const at = frame(), o = others[0];
    const far = p => Math.hypot(p.clientX - o.clientX, p.clientY - o.clientY) || 1;
    scale(far(event) / far(before), o.clientX - at.left, o.clientY - at.top);
  } else { left += event.clientX - before.clientX; top_ += event.clientY - before.clientY; place(); }
  pointers.set(event.pointerId, event);
});
for (const kind of ["pointerup", "pointercancel"]) addEventListener(kind, event => pointers.delete(event.pointerId));

// -- controls -------------------------------------------------------------------------------------

function play(on) {
  clearInterval(playing);
  playing = on && now < STEPS ? setInterval(() => { if (quiz || now >= STEPS) play(false); else go(now + 1); }, 700) : 0;
  $("play").textContent = playing ? "pause" : "play";
  $("play").setAttribute("aria-label", $("play").textContent);
}
const step = s => { fresh = false; $("verdict").textContent = ""; go(s); };
const forward = () => { if (quiz && now < STEPS) { paint(); $("guess").focus(); } else step(now + 1); };
const acts = {
  first: () => step(0), back: () => step(now - 1), next: forward, last: () => step(STEPS), fit,
  play: () => { if (!playing && now >= STEPS) step(0); play(!playing); },
  partials: () => { partials = !partials; $("partials").setAttribute("aria-pressed", partials); arrange(); paint(); frameOn(chosen); },
  quiz: () => { quiz = !quiz; $("quiz").setAttribute("aria-pressed", quiz); if (quiz && now >= STEPS) step(0); paint(); },
};
for (const id in acts) $(id).addEventListener("click", acts[id]);
$("time").max = STEPS;
$("time").addEventListener("input", () => step(Number($("time").value)));
$("find").addEventListener("change", () => {
  const text = $("find").value.trim();
  let i = D.name.indexOf(text);
  if (i < 0) i = D.name.findIndex(name => name.includes(text));
  if (text && i >= 0) choose(i, true);
});
const keys = {ArrowRight: acts.next, ArrowLeft: acts.back, " ": acts.play, Home: acts.first, End: acts.last, 0: fit,
  "+": () => scale(1.25, picture.clientWidth / 2, picture.clientHeight / 2), "-": () => scale(0.8, picture.clientWidth / 2, picture.clientHeight / 2)};
addEventListener("keydown", event => {
  if (event.target.tagName === "INPUT" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === " " && event.target.tagName === "BUTTON") return;
  if (keys[event.key]) { keys[event.key](); event.preventDefault(); }
});
D.name.filter((_, i) => D.named[i]).slice(0, 500).forEach(name => { const o = document.createElement("option"); o.value = name; $("names").append(o); });
$("title").textContent = D.title;
$("quiz").setAttribute("aria-pressed", quiz);
addEventListener("beforeprint", () => { const [, east, , south] = extent(boxes); picture.setAttribute("viewBox", `-9 -9 ${east + 18} ${south + 18}`); $("view").style.transform = ""; });
addEventListener("afterprint", () => { picture.removeAttribute("viewBox"); place(); });
addEventListener("resize", () => { arrange(); paint(); frameOn(chosen); });
openFirst();
go(quiz ? 0 : STEPS);
frameOn(quiz ? 0 : ROOT);
place();
