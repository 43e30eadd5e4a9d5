// The numbers: every step of the way, and what they come to for other leaves.
// Steps: each operation once, forward; then, where gradients are wanted, a 1 for the root; then,
// backward, what each user of a node adds to its gradient: one step for `a * a`, though it uses a twice.

import {read} from "./numbers.mjs";

export const isNode = x => typeof x === "number";

export function graphOf(D, ops) {
  const ins = D.inputs, N = ins.length, ROOT = N - 1, first = D.data.map(read), rows = D.op.map(op => ops[op]);
  const plain = ins.map(list => list.every(isNode) ? null : list.map(x => isNode(x) ? 0 : read(x[0])));
  const isOnce = (k, p, list) => isNode(k) && list.indexOf(k) === p;
  const distinct = ins.map(list => list.every(isOnce) ? list : list.filter(isOnce)), operands = i => distinct[i];
  const uses = new Int32Array(N), born = new Int32Array(N).fill(-1), stepNode = [], stepInput = [];
  for (let i = 0; i < N; i++) {
    if (!rows[i]) continue;
    for (const k of operands(i)) uses[k]++;
    born[i] = stepNode.length;
    stepNode.push(i); stepInput.push(-1);
  }
  const SEED = stepNode.length, start = new Int32Array(N + 1), users = new Int32Array(uses.reduce((a, b) => a + b, 0));
  for (let i = 0; i < N; i++) start[i + 1] = start[i] + uses[i];
  const filled = start.slice();
  if (!D.forward) { stepNode.push(ROOT); stepInput.push(-2); }
  for (let i = D.forward ? -1 : ROOT; i >= 0; i--) if (rows[i]) for (const k of operands(i)) {
    users[filled[k]++] = stepNode.length;
    stepNode.push(i); stepInput.push(k);
  }
  const STEPS = stepNode.length;
  // The steps in which a node is handed something.
  const received = i => D.forward ? [] : Array.from(users.subarray(start[i], start[i + 1]));

  const numbers = (i, data) => {
    const list = ins[i], xs = new Array(list.length);
    for (let p = 0; p < xs.length; p++) xs[p] = isNode(list[p]) ? data[list[p]] : plain[i][p];
    return xs;
  };
  const valuesOf = leaves => {
    const data = Float64Array.from(leaves);
    for (let i = 0; i < N; i++) if (rows[i]) data[i] = rows[i].f(...numbers(i, data));
    return data;
  };
  // The local slope of a node in one of its inputs, of all places in which it has it.
  const localOf = (i, k, data) => {
    const xs = numbers(i, data);
    let sum = 0;
    ins[i].forEach((x, p) => { if (x === k) sum += rows[i].d[p](...xs, data[i]) ?? 0; });
    return sum;
  };
  // All values and gradients, which are 0 where none are wanted; `before` and `after` are a gradient as a step finds and leaves it.
  function run(leaves) {
    const data = valuesOf(leaves), grad = new Float64Array(N), met = new Uint8Array(N);
    const [local, amount, before, after] = [0, 1, 2, 3].map(() => new Float64Array(STEPS));
    grad[ROOT] = met[ROOT] = 1;
    for (let s = SEED + 1, i = -1, xs; s < STEPS; s++) {
      if (stepNode[s] !== i) { i = stepNode[s]; xs = numbers(i, data); }
      const k = stepInput[s], list = ins[i];
      before[s] = grad[k];
      for (let p = 0; p < list.length; p++) {
        if (list[p] !== k) continue;
        const slope = rows[i].d[p](...xs, data[i]);
        if (slope === null) continue;  // no choice leads there: not even inf × 0
        local[s] += slope;
        if (!met[i]) continue;
        met[k] = 1;
        amount[s] += grad[i] * slope;
        grad[k] += grad[i] * slope;
      }
      after[s] = grad[k];
    }
    return {data, grad, local, amount, before, after};
  }
  // The root's value where one leaf has other values.
  const curve = (leaves, leaf, xs) => {
    const there = leaves.slice();
    return xs.map(x => { there[leaf] = x; return valuesOf(there)[ROOT]; });
  };
  return {D, ops, N, ROOT, STEPS, SEED, ins, first, plain, uses, born, stepNode, stepInput, received, operands, valuesOf, localOf, run, curve};
}

// What the gradients of before said of a change of some leaves.
export const predicted = (original, first, leaves, changed) => changed.reduce((sum, i) => sum + original.grad[i] * (leaves[i] - first[i]), 0);

// The step behind the next one that touches another thing, as `keyOf` names things: a box, a layer.
export function skip(graph, now, way, keyOf) {
  const {STEPS, SEED, stepNode, stepInput} = graph;
  const key = s => s === SEED ? "seed" : `${s < SEED}${keyOf(stepInput[s] < 0 ? stepNode[s] : stepInput[s])}`;
  if (way > 0) {
    if (now >= STEPS) return STEPS;
    const here = key(now);
    do now++; while (now < STEPS && key(now) === here);
    return now;
  }
  if (now <= 0) return 0;
  const here = key(--now);
  while (now > 0 && key(now - 1) === here) now--;
  return now;
}
