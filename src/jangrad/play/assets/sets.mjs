// The toy problems of `jangrad.datasets`, number for number, and two of amounts.

import {Random} from "./random.mjs";

const {cos, sin, PI} = Math;
const evenly = (count, end) => Array.from({length: count}, (_, i) => end * i / Math.max(count - 1, 1));
const normal = random => { const radius = Math.sqrt(-2 * Math.log(1 - random.random())); return radius * cos(2 * PI * random.random()); };
const rounded = x => Number(x.toFixed(6)) + 0;

// Noise on every coordinate, then the order shuffled.
function finished(points, noise, random) {
  const rows = points.map(([p, label]) => [p.map(x => rounded(x + noise * normal(random))), label]);
  for (let i = rows.length - 1; i > 0; i--) {
    const j = Math.floor(random.random() * (i + 1));
    [rows[i], rows[j]] = [rows[j], rows[i]];
  }
  return {X: rows.map(([x]) => x), y: rows.map(([, label]) => label)};
}
const half = n => n >> 1, other = n => n - half(n);

const POINTS = {
  moons: n => [...evenly(half(n), PI).map(t => [[cos(t), sin(t)], -1]), ...evenly(other(n), PI).map(t => [[1 - cos(t), 0.5 - sin(t)], 1])],
  circles: n => [[-1, 1, half(n)], [1, 0.5, other(n)]].flatMap(([label, radius, count]) =>
    Array.from({length: count}, (_, i) => { const t = 2 * PI * i / count; return [[radius * cos(t), radius * sin(t)], label]; })),
  spirals: n => [[-1, 0, half(n)], [1, PI, other(n)]].flatMap(([label, start, count]) =>
    Array.from({length: count}, (_, i) => { const radius = (i + 1) / count, t = start + 2 * PI * 1.5 * radius; return [[radius * cos(t), radius * sin(t)], label]; })),
  xor: n => Array.from({length: n}, (_, i) => { const [a, b] = [[-1, -1], [-1, 1], [1, -1], [1, 1]][i % 4]; return [[a, b], -a * b]; }),
  blobs: n => Array.from({length: n}, (_, i) => { const t = 2 * PI * (i % 3) / 3; return [[2 * cos(t), 2 * sin(t)], i % 3]; }),
};
const AMOUNTS = {
  plane: (a, b) => (a + b) / 2,
  hills: (a, b) => sin(PI * a) * cos(PI * b / 2),
};

// kind: what targets are, "two" (-1 and 1), "classes" (0 ... k - 1) or "amounts"; noise: the usual one.
export const SETS = {
  moons: {kind: "two", noise: 0.1, least: 2}, circles: {kind: "two", noise: 0.1, least: 2},
  spirals: {kind: "two", noise: 0.02, least: 2}, xor: {kind: "two", noise: 0.3, least: 4},
  blobs: {kind: "classes", noise: 0.5, least: 3}, four_rows: {kind: "two", noise: 0, fixed: true},
  hills: {kind: "amounts", noise: 0.05, least: 2}, plane: {kind: "amounts", noise: 0.05, least: 2},
};
export function makeSet(name, n, noise, seed) {
  if (name === "four_rows") return {X: [[2, 3, -1], [3, -1, 0.5], [0.5, 1, 1], [1, 1, -1]], y: [1, -1, -1, 1]};
  const random = new Random(seed);
  if (name in POINTS) return finished(POINTS[name](n), noise, random);
  const X = Array.from({length: n}, () => [rounded(random.uniform(-1, 1)), rounded(random.uniform(-1, 1))]);
  return {X, y: X.map(([a, b]) => rounded(AMOUNTS[name](a, b) + noise * normal(random)))};
}
