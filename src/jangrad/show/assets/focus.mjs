// Of a large graph one part at a time is looked into: the boxes in it, and those beside it.

import {D, G, inside, isIn, large, S} from "./state.mjs";

large.scoped = found => S.focus ? scoped(found, box => isIn(D.home[box.node], S.focus)) : found;
// Looks into a part or, where that is closed, into what holds it; what the page opened is not looked into.
large.lookInto = k => {
  while (k > 0 && (!S.open[k] || S.begun[k] || inside[k] < 3)) k = G[k].parent;
  S.focus = Math.max(0, k);
};

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
