// The layout of layered_layout.py, step by step, with the same numbers. Keep the two alike.

import {max, min} from "./numbers.mjs";

export const COLUMN_GAP = 46;
const ROW_GAP = 12, BEND_GAP = 7, SWEEPS = 24, PATIENCE = 6, SWAPPED_UP_TO = 600;

// `way` keeps the direction, "right" or "down".
export function fitted(sizes, edges, frame, way) {
  const right = way === "down" ? null : layout(sizes, edges);
  if (right && (way || scaled(right, frame) >= 1)) return right;
  const turned = layout(sizes.map(([wide, high]) => [high, wide]), edges);
  const down = {...turned, x: turned.y, y: turned.x, width: turned.height, height: turned.width, down: true,
    routes: turned.routes.map(route => route.map(([x, y]) => [y, x]))};
  return !right || scaled(down, frame) > scaled(right, frame) ? down : right;
}
// The same with more or less room between two columns.
export function spread(placed, edges, lane) {
  const more = lane - COLUMN_GAP, last = max(0, ...placed.columns), long = placed.down ? "y" : "x", side = placed.down ? 1 : 0;
  return {
    ...placed, [long]: placed[long].map((at, b) => at + more * placed.columns[b]),
    [placed.down ? "height" : "width"]: placed[placed.down ? "height" : "width"] + more * last,
    routes: placed.routes.map((route, e) => route.map((point, p) => {
      const moved = point.slice();
      moved[side] += more * (placed.columns[edges[e][0]] + (p >> 1));
      return moved;
    })),
  };
}
export const scaled = (placed, frame) => min(frame[0] / max(placed.width, 1), frame[1] / max(placed.height, 1));

export function layout(sizes, edges) {
  const n = sizes.length, columns = columnsOf(n, edges);
  const wide = sizes.map(s => s[0]), high = sizes.map(s => s[1]), column = columns.slice();
  const left = sizes.map(() => []), right = sizes.map(() => []), chain = new Map();
  const join = (u, v) => { right[u].push(v); left[v].push(u); };
  for (const [u, v] of edges) {
    if (!chain.has(u)) chain.set(u, []);
    const bends = chain.get(u), span = columns[v] - columns[u];
    while (bends.length < span - 1) {
      const before = bends.length ? bends[bends.length - 1] : u, number = column.length;
      wide.push(0); high.push(0); column.push(column[before] + 1); left.push([]); right.push([]);
      join(before, number);
      bends.push(number);
    }
    join(span > 1 ? bends[span - 2] : u, v);
  }
  const count = column.length, place = new Array(count).fill(0);
  let last = -1;
  for (const c of column) last = max(last, c);
  let layers = Array.from({length: last + 1}, () => []);
  const number = () => { for (const layer of layers) layer.forEach((v, i) => { place[v] = i; }); };

  // depth first from the roots
  const seen = new Array(count).fill(false);
  for (let root = 0; root < count; root++) {
    if (right[root].length) continue;
    const stack = [root];
    while (stack.length) {
      const v = stack.pop();
      if (seen[v]) continue;
      seen[v] = true;
      layers[column[v]].push(v);
      for (let i = left[v].length - 1; i >= 0; i--) stack.push(left[v][i]);
    }
  }
  number();

  function crossings() {
    let total = 0;
    for (let p = 0; p + 1 < layers.length; p++) {
      const size = layers[p + 1].length, tree = new Array(size + 1).fill(0);
      let met = 0;
      for (const u of layers[p]) {
        const ends = right[u].map(v => place[v]);
        for (const end of ends) {
          let below = 0;
          for (let i = end + 1; i; i &= i - 1) below += tree[i];
          total += met - below;
        }
        for (const end of ends) {
          for (let i = end + 1; i <= size; i += i & -i) tree[i]++;
          met++;
        }
      }
    }
    return total;
  }
  function sweep(forward) {
    const near = forward ? left : right;
    const some = forward ? layers.slice(1) : layers.slice(0, -1).reverse();
    for (const layer of some) {
      const key = new Map();
      layer.forEach((v, position) => {
        let total = 0;
        for (const u of near[v]) total += place[u];
        key.set(v, near[v].length ? total / near[v].length : position);
      });
      layer.sort((a, b) => key.get(a) - key.get(b));
      layer.forEach((v, i) => { place[v] = i; });
    }
  }
  function pairCrossings(u, v) {
    let total = 0;
    for (const near of [left, right])
      for (const a of near[u]) for (const b of near[v]) if (place[a] > place[b]) total++;
    return total;
  }
  function swapNeighbours(ties) {
    let improved = true;
    for (let round = 0; improved && round < 8; round++) {
      improved = false;
      for (const layer of layers) {
        for (let i = 0; i + 1 < layer.length; i++) {
          const u = layer[i], v = layer[i + 1];
          const before = pairCrossings(u, v), after = pairCrossings(v, u);
          if (after < before || (ties && after === before)) {
            layer[i] = v; layer[i + 1] = u; place[u] = i + 1; place[v] = i;
            improved = improved || after < before;
          }
        }
      }
    }
  }
  let best = layers.map(l => l.slice()), fewest = crossings();
  for (let s = 0, since = 0; s < SWEEPS && fewest && since < PATIENCE; s++) {
    since++;
    sweep(s % 2 === 0);
    if (count <= SWAPPED_UP_TO) { swapNeighbours(s % 4 < 2); swapNeighbours(false); }
    const now = crossings();
    if (now < fewest) { best = layers.map(l => l.slice()); fewest = now; since = 0; }
  }
  layers = best;
  number();

  // heights
  const gap = (u, v) => (high[u] + high[v]) / 2 + (u < n && v < n ? ROW_GAP : BEND_GAP);
  let y = new Array(count).fill(0);
  for (const layer of layers) {
    let at = 0;
    layer.forEach((v, i) => { at += i ? gap(layer[i - 1], v) : 0; y[v] = at; });
  }
  for (let s = 0; s < 6; s++) {
    for (const layer of s % 2 === 0 ? layers.slice().reverse() : layers) {
      const offsets = [], means = [], masses = [], lengths = [];
      let at = 0;
      layer.forEach((v, i) => {
        at += i ? gap(layer[i - 1], v) : 0;
        offsets.push(at);
        const first = s % 2 === 0 ? right[v] : left[v];
        const near = first.length && s < 2 ? first : left[v].concat(right[v]);
        let total = 0;
        for (const u of near) total += y[u];
        let mean = (near.length ? total / near.length : y[v]) - at;
        let mass = v >= n ? 4 : 1, length = 1;
        while (means.length && means[means.length - 1] > mean) {
          const before = masses.pop();
          mean = (means.pop() * before + mean * mass) / (before + mass);
          mass += before;
          length += lengths.pop();
        }
        means.push(mean); masses.push(mass); lengths.push(length);
      });
      let i = 0;
      means.forEach((mean, m) => {
        for (let k = 0; k < lengths[m]; k++, i++) y[layer[i]] = mean + offsets[i];
      });
    }
  }
  let top = Infinity;
  for (let v = 0; v < count; v++) top = min(top, y[v] - high[v] / 2);
  if (!count) top = 0;
  y = y.map(value => value - top);
  const starts = [], ends = [];
  let at = 0, height = 0;
  for (const layer of layers) {
    let widest = 0;
    for (const v of layer) widest = max(widest, wide[v]);
    starts.push(at);
    ends.push(at + widest);
    at += widest + COLUMN_GAP;
  }
  for (let v = 0; v < count; v++) height = max(height, y[v] + high[v] / 2);
  const x = columns.map(c => (starts[c] + ends[c]) / 2);
  const routes = edges.map(([u, v]) => [[x[u] + sizes[u][0] / 2, y[u]], [ends[columns[u]], y[u]],
    ...chain.get(u).slice(0, max(0, columns[v] - columns[u] - 1)).flatMap(b => [[starts[column[b]], y[b]], [ends[column[b]], y[b]]]),
    [starts[columns[v]], y[v]], [x[v] - sizes[v][0] / 2, y[v]]]);
  return {x, y: y.slice(0, n), columns, routes, width: layers.length ? ends[layers.length - 1] : 0, height, crossings: fewest, down: false};
}

function columnsOf(n, edges) {
  const inputs = Array.from({length: n}, () => []), users = Array.from({length: n}, () => []);
  for (const [u, v] of edges) { inputs[v].push(u); users[u].push(v); }
  const column = new Array(n).fill(0);
  let last = 0, first = Infinity;
  for (let v = 0; v < n; v++) {
    for (const u of inputs[v]) column[v] = max(column[v], column[u] + 1);
    last = max(last, column[v]);
  }
  for (let v = n - 1; v >= 0; v--) {
    let latest = users[v].length ? Infinity : last;
    for (const w of users[v]) latest = min(latest, column[w] - 1);
    column[v] = latest;
  }
  for (let v = 0; v < n; v++) {
    if (inputs[v].length > users[v].length && inputs[v].every(u => users[u].length > 1)) {
      let latest = 0;
      for (const u of inputs[v]) latest = max(latest, column[u] + 1);
      column[v] = latest;
    }
    first = min(first, column[v]);
  }
  return column.map(c => c - first);
}
