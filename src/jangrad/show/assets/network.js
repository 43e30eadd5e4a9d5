// The network as neurons and weights. Python has drawn it; here it follows the steps, and what is
// pressed opens in the graph. Of the stepper it uses the numbers, `choose`, `lookAt`, and "paint" events.
const net = $("net"), drawing = net.firstElementChild, {largest, widest} = drawing.dataset;
const units = [...net.querySelectorAll(".neuron")], lines = [...net.querySelectorAll("line[data-n]")];
const nodeOf = element => Number(element.dataset.n ?? element.dataset.bias ?? NaN);
const sign = i => R.data[i] < 0 ? "minus" : "plus";
const brief = x => {
  const size = Math.abs(x);
  if (!Number.isFinite(x) || !size) return show(x);
  if (size < 0.005 || size >= 9999.5) return x.toExponential(0).replace("e+", "e");
  return String(Number(x.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0)));
};

// What stands for each node: a weight and its product are a line, what sums them up is a neuron.
const owner = new Map(), weights = new Set(D.network.weights);
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
  const node = stepNode[now - 1], place = stepPlace[now - 1];
  const touched = fresh || !now ? [] : [owner.get(node), owner.get(place < 0 ? node : ins[node][place])];
  for (const line of lines) {
    const i = nodeOf(line), size = Math.abs(R.data[i]) / largest;
    line.setAttribute("class", sign(i) + (touched.includes(line) ? " now" : ""));
    line.setAttribute("stroke-width", 0.4 + (widest - 0.4) * Math.min(2, size));
    line.setAttribute("opacity", Math.min(1, 0.2 + 0.7 * size));
    line.firstChild.textContent = `${D.name[i]} = ${show(R.data[i])}, gradient ${gradText(i)}`;
  }
  for (const unit of units) {
    unit.classList.toggle("now", touched.includes(unit));
    if (!unit.dataset.n) continue;
    const i = nodeOf(unit), tint = unit.querySelector(".tint"), [value, grad] = unit.querySelectorAll("text");
    value.textContent = known(i) ? brief(R.data[i]) : "?";
    grad.textContent = got[i] ? brief(g[i]) : "";
    tint.setAttribute("class", "tint " + sign(i));
    tint.setAttribute("fill-opacity", known(i) ? Math.min(1, unit.dataset.tint * Math.abs(R.data[i])) : 0);
    unit.firstChild.textContent = `${unit.dataset.name}, value ${dataText(i)}, gradient ${gradText(i)}`;
  }
}
function showNetwork(on) {
  net.hidden = !on;
  picture.style.display = on ? "none" : "";
  $("network").setAttribute("aria-pressed", on);
  if (on) paintNetwork(); else dispatchEvent(new Event("resize"));  // the boxes have room again
}
function openInGraph(event) {
  const element = event.target.closest(".neuron[role],line[data-n]");
  if (!element || event.key && event.key !== "Enter" && event.key !== " ") return;
  event.preventDefault(); event.stopPropagation();
  const own = [...owner.keys()].filter(k => owner.get(k) === element), parts = k => ins[k].filter(p => weights.has(p));
  const products = own.flatMap(k => ins[k].filter(p => isNode(p) && parts(p).length));
  showNetwork(false);
  choose(nodeOf(element));
  lookAt([chosen, ...own, ...products, ...products.flatMap(parts)]);
  document.querySelector(".box.chosen").focus({preventScroll: true});
}

drawing.setAttribute("role", "group");
drawing.style.minHeight = 0.6 * drawing.getAttribute("height") + "px";
for (const unit of units) {
  if (Number.isNaN(nodeOf(unit))) continue;
  unit.setAttribute("tabindex", 0);
  unit.setAttribute("role", "button");
  if (!unit.dataset.n) continue;
  unit.querySelector("text").setAttribute("y", 1);
  make("text", unit, {class: "grad", y: 12});
}
for (const kind of ["click", "keydown"]) net.addEventListener(kind, openInGraph);
addEventListener("paint", paintNetwork);
addEventListener("keydown", event => {
  if (event.key === "n" && event.target.tagName !== "INPUT" && !event.ctrlKey && !event.metaKey && !event.altKey) showNetwork(net.hidden);
});
$("network").addEventListener("click", () => showNetwork(net.hidden));
$("find").addEventListener("change", () => showNetwork(false));
$("network").hidden = false;
if (D.network.open) showNetwork(true);
