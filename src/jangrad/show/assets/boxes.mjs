// What is drawn: a node, or a closed group of nodes, as one box; and the edges between boxes.

import {isNode} from "./graph.mjs";

// Which groups to open at first: in the order of the data while there are at most so many boxes.
export function openedFirst(G, inside, most) {
  const open = G.map(() => false), ranked = G.map((_, k) => k).filter(k => G[k].open).sort((a, b) => G[a].open - G[b].open);
  let many = 1;
  for (const k of ranked) if (!k || open[G[k].parent] && many + inside[k] - 1 <= most) { open[k] = true; many += inside[k] - 1; }
  return open;
}

// How many nodes are in each group, how many boxes it is when it is opened, and its last node.
export function sizesOf(G, home) {
  const [sizes, inside, last] = [0, 1, 2].map(() => new Int32Array(G.length));
  home.forEach((k, i) => { inside[k]++; for (; k >= 0; k = G[k].parent) { sizes[k]++; last[k] = i; } });
  G.forEach(group => { if (group.parent >= 0) inside[group.parent]++; });
  return {sizes, inside, last};
}

// Of all boxes the ones that are inside, and those that have edges with them; and these edges.
export function scoped({boxes, boxOf, edges}, isInside) {
  const own = boxes.map(isInside), kept = edges.filter(([u, v]) => own[u] || own[v]), seen = own.slice(), place = [];
  for (const [u, v] of kept) seen[u] = seen[v] = true;
  const some = boxes.filter((_, b) => { place[b] = -1; return seen[b]; });
  some.forEach(box => { box.beside = !isInside(box); });
  let count = 0;
  seen.forEach((on, b) => { if (on) place[b] = count++; });
  return {boxes: some, boxOf: boxOf.map(b => place[b]), edges: kept.map(([u, v]) => [place[u], place[v]])};
}

// Boxes with inputs first, edges as pairs of their numbers, and the box of each node.
export function boxesOf(graph, G, home, sizes, open) {
  const {N, ins} = graph, closed = new Int32Array(G.length).fill(-1);
  G.forEach((group, k) => {
    const above = group.parent < 0 ? -1 : closed[group.parent];
    closed[k] = above >= 0 ? above : open[k] ? -1 : k;
  });
  const number = new Int32Array(G.length).fill(-1), found = [], boxOf = new Int32Array(N);
  for (let i = 0; i < N; i++) {
    const k = closed[home[i]], folded = k >= 0 && sizes[k] > 1;
    const b = boxOf[i] = folded && number[k] >= 0 ? number[k] : found.length;
    if (b < found.length) found[b].node = i;  // the last one closes the group
    else {
      found.push({key: folded ? "g" + k : "n" + i, group: folded ? k : -1, node: i});
      if (folded) number[k] = b;
    }
  }
  const seen = new Set(), pairs = [];
  for (let i = 0; i < N; i++) {
    const list = ins[i], v = boxOf[i];
    for (let p = 0; p < list.length; p++) {
      const u = isNode(list[p]) ? boxOf[list[p]] : v, code = u * found.length + v;
      if (u !== v && !seen.has(code)) { seen.add(code); pairs.push([u, v]); }
    }
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
  const place = [];
  order.forEach((b, at) => { place[b] = at; });
  return {
    boxes: order.map(b => found[b]), boxOf: boxOf.map(b => place[b]),
    edges: pairs.map(([u, v]) => [place[u], place[v]]).sort((p, q) => p[0] - q[0] || p[1] - q[1]),
  };
}
