// The stepper. Steps: every operation once, forward; then a 1 for the root; then every payment of a
// node to one of its inputs, backward. `now` counts the steps that are done.
const D = JSON.parse(document.getElementById("data").textContent);
const $ = id => document.getElementById(id), NS = "http://www.w3.org/2000/svg";
const read = x => typeof x === "number" ? x : Number(String(x).replace("inf", "Infinity"));
const N = D.name.length, ROOT = N - 1, ins = D.inputs, isNode = x => typeof x === "number";
const HIGH = 44, LETTER = 7.3, PAD = 10, LONGEST = 30;

const show = x => {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  const a = Math.abs(x);
  const text = a && (a >= 1e6 || a < 1e-4) ? x.toExponential(5) : String(Number(x.toPrecision(6)));
  return text.replace(/\.?0+e/, "e").replace(/^-0$/, "0");
};
const short = s => s.length <= LONGEST ? s : "…" + s.slice(1 - LONGEST);
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
const formula = i => !D.op[i] ? "" : D.formula[i] || withNames(i, k => D.name[k]);
const withNames = (i, spell) => {
  const parts = ins[i].map(k => isNode(k) ? spell(k) : show(read(k[0])));
  return D.text[D.op[i]].replace("{x}", parts[0]).replace("{a}", parts[0]).replace("{b}", parts[1]);
};
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
  const data = Float64Array.from(leaves), grad = new Float64Array(N);
  const amount = new Float64Array(STEPS), local = new Float64Array(STEPS), before = new Float64Array(STEPS);
  const numbers = i => ins[i].map(k => isNode(k) ? data[k] : read(k[0]));
  for (let s = 0; s < SEED; s++) {
    const i = stepNode[s];
    data[i] = OPS[D.op[i]].f(...numbers(i));
  }
  grad[ROOT] = 1;
  for (let s = SEED + 1; s < STEPS; s++) {
    const i = stepNode[s], p = stepPlace[s], k = ins[i][p];
    local[s] = OPS[D.op[i]].d[p](...numbers(i), data[i]);
    amount[s] = grad[i] * local[s];
    before[s] = grad[k];
    grad[k] += amount[s];
  }
  return {data, grad, amount, local, before};
}
const leaves = first.slice(), original = run(first);
let R = original, now = 0, chosen = ROOT, playing = 0, fresh = true, partials = false, quiz = Boolean(D.quiz);
const g = new Float64Array(N), paid = new Int32Array(N);

function go(s) {
  s = Math.max(0, Math.min(STEPS, s));
  for (; now < s; now++) {
    if (stepPlace[now] === -2) { g[ROOT] = 1; paid[ROOT] = 1; }
    if (stepPlace[now] < 0) continue;
    const k = ins[stepNode[now]][stepPlace[now]];
    g[k] = R.before[now] + R.amount[now]; paid[k]++;
  }
  while (now > s) {
    now--;
    if (stepPlace[now] === -2) { g[ROOT] = 0; paid[ROOT] = 0; }
    if (stepPlace[now] < 0) continue;
    const k = ins[stepNode[now]][stepPlace[now]];
    g[k] = R.before[now]; paid[k]--;
  }
  paint();
}
const known = i => born[i] < now, whole = i => i === ROOT ? paid[i] > 0 : paid[i] === uses[i] && now > SEED;
const dataText = i => known(i) ? show(R.data[i]) : "?";
const gradText = i => paid[i] ? show(g[i]) + (whole(i) ? "" : " so far") : whole(i) ? "0" : "not computed";

// -- boxes: a node, or a closed group -------------------------------------------------------------

const G = D.groups, open = G.map(group => Boolean(group.open));
const sizes = new Int32Array(G.length);
D.home.forEach(k => { for (; k >= 0; k = G[k].parent) sizes[k]++; });
let boxes = [], edges = [], boxOf = new Int32Array(N), drawn = new Map(), edgeOf = new Map();

function arrange() {
  const closed = new Int32Array(G.length).fill(-1);
  G.forEach((group, k) => {
    const above = group.parent < 0 ? -1 : closed[group.parent];
    closed[k] = above >= 0 ? above : open[k] ? -1 : k;
  });
  const number = new Map(), found = [];
  for (let i = 0; i < N; i++) {
    const k = closed[D.home[i]], key = k >= 0 && sizes[k] > 1 ? "g" + k : "n" + i;
    if (!number.has(key)) { number.set(key, found.length); found.push({key, group: key[0] === "g" ? k : -1, node: i}); }
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
    const i = box.node;
    box.name = box.group >= 0 ? short(G[box.group].label) : D.named[i] ? short(D.name[i]) : "";
    box.how = box.group >= 0 ? "" : short(formula(i));
    if (!box.name) { box.name = box.how || D.name[i]; box.how = ""; }
    const above = box.name.length + (box.how ? box.how.length + 3 : 0);
    const below = box.group >= 0 ? 16 : show(R.data[i]).length + Math.max(12, show(R.grad[i]).length) + 7;
    box.wide = Math.max(above, below) * LETTER + 2 * PAD;
  }
  const placed = layout(boxes.map(box => [box.wide, HIGH]), edges);
  boxes.forEach((box, b) => { box.x = placed.x[b]; box.y = placed.y[b]; });
  draw(placed);
}

function draw(placed) {
  const kept = new Map();
  for (const box of boxes) {
    let element = drawn.get(box.key);
    if (!element) element = newBox(box);
    drawn.delete(box.key);
    kept.set(box.key, element);
    box.element = element;
    element.style.transform = `translate(${box.x - box.wide / 2}px,${box.y - HIGH / 2}px)`;
    $("boxes").append(element);
  }
  for (const element of drawn.values()) element.remove();
  drawn = kept;
  $("edges").replaceChildren(); $("notes").replaceChildren(); edgeOf = new Map();
  edges.forEach(([u, v], e) => {
    const a = boxes[u], b = boxes[v];
    const route = [[a.x + a.wide / 2, a.y], ...placed.routes[e], [b.x - b.wide / 2, b.y]];
    let [x, y] = route[0], path = `M${x} ${y}`;
    for (const [nx, ny] of route.slice(1)) {
      const m = (x + nx) / 2;
      path += `C${m} ${y} ${m} ${ny} ${nx} ${ny}`;
      [x, y] = [nx, ny];
    }
    path += "m-7 -3.5l7 3.5l-7 3.5";
    edgeOf.set(u * boxes.length + v, make("path", $("edges"), {class: "edge", d: path}));
    if (a.group >= 0 || b.group >= 0) return;
    const places = ins[b.node].flatMap((k, p) => k === a.node ? [p] : []);
    const times = places.length > 1 ? "×" + places.length : "";
    const local = partials ? show(places.reduce((sum, p) =>
      sum + OPS[D.op[b.node]].d[p](...ins[b.node].map(k => isNode(k) ? R.data[k] : read(k[0])), R.data[b.node]), 0)) : "";
    const middle = route.length >> 1, [p, q] = [route[middle - 1], route[middle]];
    if (times || local) make("text", $("notes"), {class: "note", "text-anchor": "middle",
      x: (p[0] + q[0]) / 2, y: (p[1] + q[1]) / 2 - 5}, `${times} ${local}`.trim());
  });
}

function newBox(box) {
  const leaf = box.group < 0 && !D.op[box.node];
  const element = make("g", $("boxes"), {class: `box${leaf ? " leaf" : ""}${box.group >= 0 ? " fold" : ""}`, tabindex: 0, role: "button"});
  make("title", element);
  make("rect", element, {width: box.wide, height: HIGH, rx: 6});
  const above = make("text", element, {x: PAD, y: 18});
  make("tspan", above, {class: "name"}, box.name);
  if (box.how) make("tspan", above, {class: "how"}, " = " + box.how);
  const below = make("text", element, {x: PAD, y: 35});
  make("tspan", below, {class: box.group >= 0 ? "how" : "data"});
  if (box.group < 0) { make("tspan", below, {class: "how"}, " \u00a0grad "); make("tspan", below, {class: "grad"}); }
  element.addEventListener("click", () => press(box.key));
  element.addEventListener("keydown", event => { if (event.key === "Enter") { press(box.key); event.stopPropagation(); } });
  return element;
}
const press = key => {
  const k = Number(key.slice(1));
  if (key[0] === "g") { open[k] = true; arrange(); paint(); }
  else choose(k, true);
};

// -- painting a step ------------------------------------------------------------------------------

function paint() {
  const s = now - 1, node = s < 0 ? -1 : stepNode[s], place = s < 0 ? -1 : stepPlace[s];
  const target = place >= 0 ? ins[node][place] : node;
  boxes.forEach((box, b) => {
    const i = box.node, list = box.element.classList;
    list.toggle("now", s >= 0 && (boxOf[target] === b || boxOf[node] === b));
    list.toggle("chosen", boxOf[chosen] === b && box.group < 0);
    list.toggle("later", !known(i));
    const parts = box.element.querySelectorAll("tspan.data,tspan.grad");
    if (box.group < 0) {
      parts[0].textContent = dataText(i); parts[1].textContent = gradText(i);
      box.element.firstChild.textContent = `${D.name[i]}${formula(i) ? " = " + formula(i) : ""}\nvalue ${dataText(i)}, gradient ${gradText(i)}${D.line[i] ? "\n" + D.line[i] : ""}`;
    } else {
      box.element.querySelectorAll("tspan")[1].textContent = sizes[box.group].toLocaleString("en") + " Values";
      box.element.firstChild.textContent = `${G[box.group].label}: ${sizes[box.group]} Values, press to open`;
    }
    box.element.setAttribute("aria-label", box.element.firstChild.textContent);
  });
  for (const [code, element] of edgeOf) {
    const u = Math.floor(code / boxes.length), v = code % boxes.length;
    element.classList.toggle("now", place >= 0 && boxOf[target] === u && boxOf[node] === v);
    element.classList.toggle("ahead", place === -1 && s >= 0 && boxOf[node] === v && ins[node].some(k => isNode(k) && boxOf[k] === u));
  }
  $("time").value = now;
  $("count").textContent = `${now} / ${STEPS}`;
  tell(s, node, place, target);
  if (s >= 0) keepInSight(boxes[boxOf[target]]);
  details();
  ask();
  dispatchEvent(new Event("paint"));  // for another picture of the same step
}

function tell(s, node, place, target) {
  const box = $("line");
  box.replaceChildren();
  const head = (kind, text) => { const h = document.createElement("h2"); h.textContent = `${kind}, step ${text}`; box.append(h); };
  if (s < 0 || fresh) {
    line(box, `${SEED} steps forward compute every value from left to right, ${STEPS - SEED} backward every gradient from right to left.`);
    line(box, s < 0 ? "▶ or the right arrow key makes the next step." : "|◀ goes to the beginning, ◀ or the left arrow key one step back. Press a box to look at it.", "f");
    return;
  }
  if (place === -1) {
    head("Forward", `${s + 1} of ${SEED}`);
    line(box, `${D.name[node]} = ${formula(node)} = ${withNames(node, k => show(R.data[k]))} = ${show(R.data[node])}`, "sum d");
    return;
  }
  head("Backward", `${s - SEED + 1} of ${STEPS - SEED}`);
  if (place === -2) { line(box, `${slope(ROOT, ROOT)} = 1`, "sum g"); line(box, "Every gradient starts from here: how much the last number changes when it changes itself."); return; }
  line(box, `${slope(ROOT, node)} × ${slope(node, target)}`, "sum g");
  line(box, `= ${show(R.grad[node])} × ${show(R.local[s])} = ${show(R.amount[s])}`, "sum g");
  const added = show(R.amount[s]), more = added[0] === "-" ? `(${added})` : added;
  const before = paid[target] > 1 ? `${show(R.before[s])} + ${more} = ` : "";
  line(box, `${slope(ROOT, target)} ${whole(target) ? "" : "so far "}= ${before}${show(g[target])}`, "sum g");
  line(box, `${D.name[node]} hands its gradient, times the local partial, to ${D.name[target]}` + (whole(target) ? "; nobody else will." : `; ${uses[target] - paid[target]} more to come.`), "f");
}

function details() {
  const box = $("chosen"), i = chosen;
  box.replaceChildren();
  const h = document.createElement("h2"); h.textContent = D.name[i]; box.append(h);
  if (D.op[i]) line(box, `${formula(i)} = ${known(i) ? withNames(i, k => show(R.data[k])) : "…"}`, "sum");
  line(box, `value ${dataText(i)}`, "sum d");
  line(box, `gradient ${gradText(i)}`, "sum g");
  if (D.line[i]) line(box, D.line[i], "f");
  const k = D.home[i];
  if (G[k].parent >= 0 && sizes[k] > 1 && open[k]) {
    const button = document.createElement("button");
    button.textContent = `fold ${short(G[k].label)}`;
    button.onclick = () => { open[k] = false; arrange(); paint(); };
    box.append(button);
  }
  $("whatif").hidden = Boolean(D.op[i]);
  $("whatname").textContent = `${D.name[i]} =`;
  if (document.activeElement !== $("value")) $("value").value = show(leaves[i]);
  const change = leaves[i] - first[i];
  $("tangent").textContent = !change ? `Change ${D.name[i]} and see what becomes of ${D.name[ROOT]}.` :
    `${D.name[ROOT]} changes by ${show(R.data[ROOT] - original.data[ROOT])}; gradient × change says ${show(original.grad[i])} × ${show(change)} = ${show(original.grad[i] * change)}. ${D.name[ROOT]} = ${show(R.data[ROOT])}`;
}

function choose(i, reveal) {
  chosen = i;
  let moved = false;
  for (let k = D.home[i]; k >= 0; k = G[k].parent) if (!open[k]) { open[k] = true; moved = true; }
  if (moved) arrange();
  $("slide").value = 0;
  paint();
  if (reveal) keepInSight(boxes[boxOf[i]]);
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
$("reset").addEventListener("click", () => { $("slide").value = 0; change(first[chosen]); $("value").value = show(first[chosen]); });

// -- predict, then see ----------------------------------------------------------------------------

function wanted() {
  const i = stepNode[now], p = stepPlace[now];
  if (p === -1) return [`What is ${D.name[i]} = ${formula(i)} = ${withNames(i, k => show(R.data[k]))} ?`, R.data[i]];
  if (p === -2) return [`What is ${slope(ROOT, ROOT)} ?`, 1];
  const k = ins[i][p];
  return [`What does ${D.name[i]} hand to ${D.name[k]}? ${slope(ROOT, i)} × ${slope(i, k)} = ${show(R.grad[i])} × ? of ${formula(i)}`, R.amount[now]];
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
const place = () => $("view").setAttribute("transform", `translate(${left} ${top_}) scale(${zoom})`);
function scale(factor, x, y) {
  const next = Math.max(0.02, Math.min(4, zoom * factor));
  left = x - (x - left) * next / zoom; top_ = y - (y - top_) * next / zoom; zoom = next;
  place();
}
function fitTo(some) {
  const frame = $("picture").getBoundingClientRect(), reach = (sign, a, size) => sign * Math.max(...some.map(b => sign * a(b) + size(b) / 2));
  const span = (a, size) => [reach(-1, a, size), reach(1, a, size)];
  const [west, east] = span(b => b.x, b => b.wide), [north, south] = span(b => b.y, () => HIGH);
  zoom = Math.max(0.02, Math.min(1.6, (frame.width - 30) / (east - west), (frame.height - 30) / (south - north)));
  left = (frame.width - (west + east) * zoom) / 2; top_ = (frame.height - (north + south) * zoom) / 2;
  place();
}
const fit = () => fitTo(boxes);
// Opens what holds these nodes, and shows them as large as they fit.
function lookAt(nodes) {
  for (const i of nodes) for (let k = D.home[i]; k >= 0; k = G[k].parent) open[k] = true;
  arrange();
  paint();
  fitTo(nodes.map(i => boxes[boxOf[i]]));
}
function keepInSight(box) {
  const frame = $("picture").getBoundingClientRect(), x = box.x * zoom + left, y = box.y * zoom + top_;
  const half = Math.min(box.wide * zoom / 2, frame.width / 2 - 12) + 12;
  left += Math.max(0, half - x) + Math.min(0, frame.width - half - x);
  top_ += Math.max(0, 30 - y) + Math.min(0, frame.height - 30 - y);
  place();
}
const picture = $("picture");
picture.addEventListener("wheel", event => {
  event.preventDefault();
  const frame = picture.getBoundingClientRect();
  scale(Math.exp(-event.deltaY * 0.0015), event.clientX - frame.left, event.clientY - frame.top);
}, {passive: false});
picture.addEventListener("pointerdown", event => pointers.set(event.pointerId, event));
addEventListener("pointermove", event => {
  const before = pointers.get(event.pointerId);
  if (!before) return;
  const others = [...pointers.values()].filter(p => p.pointerId !== event.pointerId);
  if (others.length) {
    const frame = picture.getBoundingClientRect(), o = others[0];
    const far = p => Math.hypot(p.clientX - o.clientX, p.clientY - o.clientY) || 1;
    scale(far(event) / far(before), o.clientX - frame.left, o.clientY - frame.top);
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
  partials: () => { partials = !partials; $("partials").setAttribute("aria-pressed", partials); arrange(); paint(); },
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
addEventListener("resize", fit);
arrange();
go(quiz ? 0 : STEPS);
fit();
if (zoom < 0.6) { scale(0.6 / zoom, picture.clientWidth / 2, picture.clientHeight / 2); keepInSight(boxes[boxOf[quiz ? 0 : ROOT]]); }  // readable first
