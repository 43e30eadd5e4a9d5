// Inside a neuron, for one row: its sum term by term, and the gradients backwards through it.

import {numeral} from "./words.mjs";

const escaped = text => String(text).replace(/[&<>"]/g, c => `&#${c.charCodeAt(0)};`);

// act: {assign(place, number), go(way), close()}.
export function neuronCard(root, act) {
  let at = "", probe = null, stage = Infinity, now = null;

  // The row alone, through numbers that are shared with the network that learns.
  function probed({net, training, seen, held}, r) {
    if (!probe || probe.net !== net) probe = {net, one: net.twin()};
    const {one} = probe, from = r < seen.rows ? seen : held, k = r < seen.rows ? r : r - seen.rows, {width, loss} = training;
    const out = one.forward(1, from.x.slice(k * net.inputs, (k + 1) * net.inputs));
    one.g.fill(0);
    const value = loss.gradient(1, net.outputs, out, from.y.subarray(k * width, (k + 1) * width), 1 / width, one.d[net.layers.length]);
    one.backward(1);
    return {one, value};
  }

  function build(run, data, [l, j]) {
    const {net} = run, k = net.widths[l - 1], {activation} = net.layers[l - 1], name = i => l > 1 ? `layer ${l - 1}, neuron ${i + 1}` : data.names[i];
    const called = l === net.layers.length ? `output${net.outputs > 1 ? ` ${j + 1}` : ""}` : `layer ${l}, neuron ${j + 1}`;
    root.innerHTML = `<div class="head"><h3>${called} <small>${escaped(activation)}</small></h3><span class="row"><button data-do="before" aria-label="row before">‹</button><span data-n="row"></span><button data-do="after" aria-label="next row">›</button><button data-do="close" aria-label="close">✕</button></span></div>
<div class="cols"><div><table><thead><tr><th>input</th><th>x</th><th>weight w</th><th>w · x</th><th title="By how much the loss of this row grows for each 1 that is added to w.">dL/dw</th><th title="By how much the loss of this row grows for each 1 that is added to x.">dL/dx</th></tr></thead><tbody>${Array.from({length: k}, (_, i) => `<tr><td>${escaped(name(i))}</td><td class="v" data-n="x${i}"></td><td><input data-w="${i}" inputmode="decimal" aria-label="weight of ${escaped(name(i))}"></td><td class="v" data-n="t${i}"></td><td class="g" data-n="gw${i}"></td><td class="g" data-n="gx${i}"></td></tr>`).join("")}<tr><td>bias b</td><td></td><td><input data-w="${k}" inputmode="decimal" aria-label="bias"></td><td class="v" data-n="t${k}"></td><td class="g" data-n="gw${k}"></td><td></td></tr></tbody></table></div>
<div><p class="big">z = sum = <b class="v" data-n="z"></b></p><p class="big">y = ${escaped(activation)}(z) = <b class="v" data-n="y"></b></p><p data-n="loss"></p><p class="big">dL/dy = <b class="g" data-n="gy"></b></p><p class="big">dL/dz = <b class="g" data-n="gz"></b></p>
<p class="row"><button data-do="back">step backward</button><button data-do="all">all gradients</button></p><p data-n="said" role="status"></p></div></div>`;
    root.querySelectorAll("input").forEach(input => {
      input.onchange = () => act.assign(now.place + Number(input.dataset.w), Number(input.value.replace("−", "-")));
      input.onkeydown = event => {
        const way = {ArrowUp: 0.1, ArrowDown: -0.1}[event.key];
        if (way) { event.preventDefault(); act.assign(now.place + Number(input.dataset.w), Number((now.p[now.place + Number(input.dataset.w)] + way).toFixed(10))); input.value = numeral(now.p[now.place + Number(input.dataset.w)], 5); }
      };
    });
    const again = change => () => { change(); paint(...now.given); };
    const acts = {before: () => act.go(-1), after: () => act.go(1), close: act.close, all: again(() => { stage = Infinity; }), back: again(() => { stage = stage >= k + 3 ? 0 : stage + 1; })};
    root.querySelectorAll("[data-do]").forEach(button => { button.onclick = acts[button.dataset.do]; });
  }

  function paint(run, data, chosen, row) {
    const [l, j] = chosen, {net} = run, k = net.widths[l - 1], key = `${chosen} ${k} ${net.layers[l - 1].activation} ${data.names}`;
    if (key !== at) { at = key; stage = Infinity; build(run, data, chosen); }
    const {one, value} = probed(run, row), place = net.weightAt(l - 1, j, 0), x = l > 1 ? one.y[l - 1] : one.x, {p, g} = one;
    now = {given: [run, data, chosen, row], place, p};
    const slope = g[place + k], upstream = one.d[l][j], texts = {
      row: `row ${row + 1} of ${data.X.length}${row >= data.cut ? ", held out" : ""}`, z: numeral(one.z[l][j], 4), y: numeral(one.y[l][j], 4),
      loss: `target ${numeral(data.y[row])}, loss L of this row ${numeral(value, 4)}`, gy: numeral(upstream, 4), gz: numeral(slope, 4), [`t${k}`]: numeral(p[place + k], 4), [`gw${k}`]: numeral(slope, 4)};
    for (let i = 0; i < k; i++) Object.assign(texts, {[`x${i}`]: numeral(x[i], 4), [`t${i}`]: numeral(x[i] * p[place + i], 4), [`gw${i}`]: numeral(g[place + i], 4), [`gx${i}`]: numeral(slope * p[place + i], 4)});
    // Backwards in the order of the chain rule: dL/dy, dL/dz, then each weight and what it hands on, the bias last.
    const said = stage === 0 ? `dL/dy arrives from ${l === net.layers.length ? "the loss" : "the layer behind"}: ${texts.gy}.`
      : stage === 1 ? `dL/dz = dL/dy · ${net.layers[l - 1].activation}′(z) = ${texts.gy} · ${numeral(upstream ? slope / upstream : 0, 4)} = ${texts.gz}.`
      : stage < k + 2 ? `dL/dw = dL/dz · x = ${texts.gz} · ${texts[`x${stage - 2}`]} = ${texts[`gw${stage - 2}`]}; back to the input goes dL/dz · w = ${texts[`gx${stage - 2}`]}.`
      : stage === k + 2 ? `dL/db = dL/dz · 1 = ${texts.gz}: b is added as it is.` : stage === Infinity ? "" : "All of it: the same at every neuron, from the loss to the inputs.";
    const shownAt = name => name === "gy" ? 0 : name === "gz" ? 1 : /^g[wx]\d/.test(name) ? 2 + Number(name.slice(2)) : -1;
    for (const element of root.querySelectorAll("[data-n]")) {
      const name = element.dataset.n, text = name === "said" ? said : texts[name];
      if (element.textContent !== text) element.textContent = text;
      element.classList.toggle("later", shownAt(name) > stage);
      element.classList.toggle("now", shownAt(name) === stage);
    }
    root.querySelectorAll("input").forEach(input => { if (document.activeElement !== input) input.value = numeral(p[place + Number(input.dataset.w)], 5); });
  }
  return {paint, close: act.close};
}
