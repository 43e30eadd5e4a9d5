// The network as neurons and weights. Python has drawn it; here it follows the steps, and what is
// pressed opens in the graph. Of the stepper it uses the numbers, `choose`, `lookAt`, and "paint" events.
const net = $("net"), units = [...net.querySelectorAll(".neuron")], lines = [...net.querySelectorAll("line[data-n]")];
const nodeOf = element => Number(element.dataset.n ?? element.dataset.bias ?? NaN);
const thin = 0.4, widthOf = line => Number(line.getAttribute("stroke-width")) - thin;
const widest = Math.max(...lines.map(widthOf));
// Pixels, and strength of colour, for each 1 of a number: so that a changed one leaves others alone.
const perOne = (elements, drawn) => {
  const best = elements.reduce((a, b) => drawn(b) > drawn(a) ? b : a, elements[0]);
  return drawn(best) / Math.abs(first[nodeOf(best)]) || 0;
};
const pixels = perOne(lines, widthOf), tints = new Map();
for (const some of [units.filter(u => u.dataset.bias), units.filter(u => !u.dataset.bias)]) {
  const living = some.filter(u => u.dataset.n && u.querySelector(".tint"));
  const strength = living.length ? perOne(living, u => Number(u.querySelector(".tint").getAttribute("fill-opacity"))) : 0;
  for (const unit of living) tints.set(unit, strength);
}

const brief = x => {
  const size = Math.abs(x);
  if (!Number.isFinite(x) || !size) return show(x);
  if (size < 0.005 || size >= 9999.5) return x.toExponential(0).replace("e+", "e");
  return String(Number(x.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0)));
};

// What stands for each node: a weight and its product are a line, what sums them up is a neuron.
const owner = new Map(), weights = new Set(D.network.weights);
for (const line of lines) owner.set(nodeOf(line), line);
for (const unit of units) for (const i of [unit.dataset.n, unit.dataset.bias]) if (i) owner.set(Number(i), unit);
for (const unit of units) {
  const stack = unit.dataset.bias && unit.dataset.n ? ins[unit.dataset.n].filter(isNode) : [];
  while (stack.length) {
    const k = stack.pop();
    if (owner.has(k)) continue;
    const weight = ins[k].find(part => weights.has(part));
    owner.set(k, weight === undefined ? unit : owner.get(weight));
    if (weight === undefined) stack.push(...ins[k].filter(isNode));
  }
}

function paintNetwork() {
  if (net.hidden) return;
  const s = now - 1, node = s < 0 ? -1 : stepNode[s], place = s < 0 ? -1 : stepPlace[s];
  const touched = fresh ? [] : [owner.get(node), owner.get(place >= 0 ? ins[node][place] : node)];
  for (const line of lines) {
    const i = nodeOf(line), wide = Math.min(2 * widest, pixels * Math.abs(R.data[i]));
    line.setAttribute("class", R.data[i] < 0 ? "minus" : "plus");
    line.classList.toggle("now", touched.includes(line));
    line.setAttribute("stroke-width", thin + wide);
    line.setAttribute("opacity", Math.min(1, 0.2 + 0.7 * wide / widest));
    line.firstChild.textContent = `${D.name[i]} = ${show(R.data[i])}, gradient ${gradText(i)}`;
  }
  for (const unit of units) {
    unit.classList.toggle("now", touched.includes(unit));
    if (!unit.dataset.n) continue;
    const i = nodeOf(unit), tint = unit.querySelector(".tint"), [value, grad] = unit.querySelectorAll("text");
    value.textContent = known(i) ? brief(R.data[i]) : "?";
    grad.textContent = paid[i] ? brief(g[i]) : "";
    tint.setAttribute("class", `tint ${R.data[i] < 0 ? "minus" : "plus"}`);
    tint.setAttribute("fill-opacity", known(i) ? Math.min(1, tints.get(unit) * Math.abs(R.data[i])) : 0);
    const text = `${unit.dataset.name}, value ${dataText(i)}, gradient ${gradText(i)}`;
    unit.firstChild.textContent = text;
    unit.setAttribute("aria-label", text + ": press to open");
  }
}
function showNetwork(on) {
  net.hidden = !on;
  picture.style.display = on ? "none" : "";
  $("network").setAttribute("aria-pressed", on);
  if (on) paintNetwork(); else dispatchEvent(new Event("resize"));  // boxes have a room again
}
function openInGraph(element) {
  const i = nodeOf(element), own = [...owner.keys()].filter(k => owner.get(k) === element);
  const products = own.flatMap(k => ins[k].filter(p => isNode(p) && ins[p].some(part => weights.has(part))));
  showNetwork(false);
  choose(i);
  lookAt([i, ...own, ...products, ...products.flatMap(k => ins[k].filter(part => weights.has(part)))]);
  document.querySelector(".box.chosen").focus({preventScroll: true});
}

const drawing = net.firstElementChild, [wide, high] = ["width", "height"].map(side => Number(drawing.getAttribute(side)));
drawing.setAttribute("role", "group");
Object.assign(drawing.style, {maxWidth: `${1.7 * wide}px`, maxHeight: `${1.7 * high}px`, minWidth: `${0.6 * wide}px`, minHeight: `${0.6 * high}px`});
for (const line of lines) line.addEventListener("click", () => openInGraph(line));
for (const unit of units) {
  if (Number.isNaN(nodeOf(unit))) continue;
  if (unit.dataset.n) {
    unit.querySelector("text").setAttribute("y", 1);
    make("text", unit, {class: "grad", y: 12});
  }
  unit.setAttribute("tabindex", 0);
  unit.setAttribute("role", "button");
  unit.addEventListener("click", () => openInGraph(unit));
  unit.addEventListener("keydown", event => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault(); event.stopPropagation();
    openInGraph(unit);
  });
}
addEventListener("paint", paintNetwork);
addEventListener("keydown", event => {
  if (event.key === "n" && event.target.tagName !== "INPUT" && !event.ctrlKey && !event.metaKey && !event.altKey) showNetwork(net.hidden);
});
$("network").addEventListener("click", () => showNetwork(net.hidden));
$("find").addEventListener("change", () => showNetwork(false));
$("network").hidden = false;
if (D.network.open) showNetwork(true);
