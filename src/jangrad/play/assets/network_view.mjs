// A network as columns of neurons, each a small map of what it answers, and weights as lines:
// blue above 0, orange and dashed below, the thicker the larger. A line can be dragged up or down.

import {numeral} from "./words.mjs";
import {paintNumbers} from "./maps.mjs";

const SIZE = 36, REACH = 7;

// root: an element; act: {choose(layer, unit), weigh(layer, unit, input, number), tell(text)}.
export function networkView(root, act) {
  root.classList.add("network");
  // All maps lie on one sheet: many canvases cost the browser more than what is on them.
  const lines = document.createElement("canvas"), sheet = document.createElement("canvas");
  for (const canvas of [lines, sheet]) canvas.setAttribute("aria-hidden", "true");
  sheet.className = "sheet";
  root.replaceChildren(lines, sheet);
  let net = null, neurons = [], places = [], pulled = null, near = null, palette = null, names = [], left = 48;

  // Neurons are buttons, so that keys and readers find them; layer 0 are the inputs.
  function show(shown, inputNames) {
    net = shown;
    names = inputNames;
    left = Math.max(48, Math.min(118, 30 + 7 * Math.max(...names.map(name => name.length))));
    root.style.setProperty("--names", `${left - 24}px`);
    for (const row of neurons) for (const {button} of row) button.remove();
    neurons = net.widths.map((units, l) => Array.from({length: units}, (_, j) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "neuron";
      if (!l) { const name = document.createElement("span"); name.textContent = inputNames[j]; button.append(name); }
      button.setAttribute("aria-label", nameOf(l, j));
      button.title = nameOf(l, j);
      button.onclick = () => act.choose(l, j);
      root.append(button);
      return {button};
    }));
    place();
  }
  const nameOf = (l, j) => !l ? `input ${names[j]}` : l === net.layers.length ? `output ${net.outputs > 1 ? j + 1 : ""}`.trim() : `layer ${l}, neuron ${j + 1}`;

  // Where a layer's column has its middle.
  const columnAt = l => left + (root.clientWidth - left - 36) * l / net.layers.length;

  function place() {
    if (!net) return;
    const {clientWidth: w, clientHeight: h} = root, most = Math.max(...net.widths), gap = Math.min(52, (h - 8) / most);
    const scale = window.devicePixelRatio || 1;
    for (const canvas of [lines, sheet]) { canvas.width = w * scale; canvas.height = h * scale; }
    const side = Math.min(SIZE + 2, gap - 4);
    root.style.setProperty("--side", `${side}px`);
    places = net.widths.map((units, l) => Array.from({length: units}, (_, j) => ({
      x: columnAt(l),
      y: h / 2 + (j - (units - 1) / 2) * gap,
    })));
    const forms = new Path2D(), context = sheet.getContext("2d", {willReadFrequently: true});
    places.flat().forEach(({x, y}) => forms.roundRect((x - side / 2) * scale, (y - side / 2) * scale, side * scale, side * scale, 7 * scale));
    context.clip(forms);
    neurons.forEach((row, l) => row.forEach(({button}, j) => {
      button.style.left = `${places[l][j].x - side / 2}px`;
      button.style.top = `${places[l][j].y - side / 2}px`;
    }));
    place.side = side;
  }

  const ends = (l, j, i) => {
    const a = places[l][i], b = places[l + 1][j], r = place.side / 2;
    return [a.x + r, a.y, b.x - r, b.y];
  };
  // maps: {x, y, side, sizes, level}: of side * side rows the inputs and what each layer makes of them, how
  // large inputs become, and what of an output is shown. chosen: [layer, unit], or null.
  function paintMaps(maps, colours, chosen) {
    const rows = maps.side * maps.side, scale = window.devicePixelRatio || 1, width = place.side * scale;
    net.widths.forEach((units, l) => {
      const values = l ? maps.y[l] : maps.x;
      for (let j = 0; j < units; j++) {
        let size = 1;
        if (l) { for (let k = 0, v = j; k < rows; k++, v += units) size = Math.max(size, Math.abs(values[v])); } else size = maps.sizes[j];
        const box = [(places[l][j].x - place.side / 2) * scale, (places[l][j].y - place.side / 2) * scale, width, width];
        paintNumbers(sheet, maps.side, values, j, units, colours, l === net.layers.length ? maps.level : x => x / size, box);
        neurons[l][j].button.classList.toggle("chosen", Boolean(chosen) && chosen[0] === l && chosen[1] === j);
      }
    });
  }
  function paintLines(p, colours = palette) {
    palette = colours;
    const context = lines.getContext("2d", {willReadFrequently: true}), scale = window.devicePixelRatio || 1;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, lines.width, lines.height);
    net.layers.forEach(({units}, l) => {
      for (let j = 0; j < units; j++) for (let i = 0; i < net.widths[l]; i++) {
        const w = net.plain ? 0.4 : p[net.weightAt(l, j, i)], [x0, y0, x1, y1] = ends(l, j, i), size = Math.abs(w);
        const under = near && near[0] === l && near[1] === j && near[2] === i;
        context.beginPath();
        context.moveTo(x0, y0);
        const bend = (x1 - x0) * 0.45;
        context.bezierCurveTo(x0 + bend, y0, x1 - bend, y1, x1, y1);
        context.lineWidth = Math.min(9, 0.5 + 2.2 * size) + (under ? 2 : 0);
        context.strokeStyle = net.plain ? palette.faint : w < 0 ? palette.minus : palette.plus;
        context.globalAlpha = under ? 1 : Math.min(0.9, 0.18 + 0.5 * size);
        context.setLineDash(w < 0 ? [5, 3] : []);
        context.stroke();
      }
    });
    context.setLineDash([]);
    context.globalAlpha = 1;
    if (near) {
      const [l, j, i] = near, [x0, y0, x1, y1] = ends(l, j, i), text = numeral(p[net.weightAt(l, j, i)]);
      context.font = "600 13px system-ui, sans-serif";
      const width = context.measureText(text).width + 12, x = (x0 + x1) / 2, y = (y0 + y1) / 2;
      context.fillStyle = palette.paper;
      context.strokeStyle = palette.faint;
      context.lineWidth = 1;
      context.beginPath();
      context.roundRect(x - width / 2, y - 11, width, 22, 6);
      context.fill();
      context.stroke();
      context.fillStyle = palette.ink;
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.fillText(text, x, y + 1);
    }
  }

  // The line that is nearest to a place, if one is near.
  function lineAt(x, y) {
    let best = null, least = net.plain ? -1 : REACH;
    for (let l = 0; l < net.layers.length; l++) {
      const from = places[l][0].x, to = places[l + 1][0].x;
      if (x <= from || x >= to) continue;
      for (let j = 0; j < net.widths[l + 1]; j++) for (let i = 0; i < net.widths[l]; i++) {
        const [x0, y0, x1, y1] = ends(l, j, i);
        let low = 0, high = 1;  // x grows along the curve
        const u = t => 3 * (1 - t) * (1 - t) * t * 0.45 + 3 * (1 - t) * t * t * 0.55 + t * t * t;
        for (let n = 0; n < 12; n++) { const t = (low + high) / 2; if (x0 + (x1 - x0) * u(t) < x) low = t; else high = t; }
        const t = low, away = Math.abs(y0 + (y1 - y0) * t * t * (3 - 2 * t) - y);
        if (away < least) { least = away; best = [l, j, i]; }
      }
    }
    return best;
  }
  const placeOf = event => { const box = lines.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
  lines.onpointermove = event => {
    const [x, y] = placeOf(event);
    if (pulled) act.weigh(...near, pulled.weight + (pulled.y - y) / 40);
    else { near = lineAt(x, y); lines.style.cursor = near ? "ns-resize" : ""; }
    paintLines(net.p);
  };
  lines.onpointerdown = event => {
    const [x, y] = placeOf(event);
    near = lineAt(x, y);
    if (!near) return;
    pulled = {y, weight: net.p[net.weightAt(...near)]};
    lines.setPointerCapture(event.pointerId);
  };
  lines.onpointerup = lines.onpointercancel = () => { pulled = null; };
  lines.onpointerleave = () => { if (!pulled) { near = null; if (palette) paintLines(net.p); } };
  return {show, place, columnAt, paintMaps, paintLines, nameOf};
}
