// The controls: stepping and playing, search, folding, keys; here everything is put together.

import {grouped, readingTime, ROW, short} from "./numbers.mjs";
import {skip} from "./graph.mjs";
import {$, D, G, go, graph, groupsOf, isIn, labelOf, last, lookInto, N, onPaint, paint, ROOT, S, SEED, sizes, stepped, STEPS, when} from "./state.mjs";
import {add, gradientStep, onJump, paintChosen, paintStep, valueStep} from "./panel.mjs";
import {elementOf, fit, frameOn, keepInSight, keepPlace, onDrag, onPress, openFirst, paintPicture, place, reopen, reveal, scale, whereIs} from "./picture.mjs";
import {change, paintWhatIf, startWhatIf} from "./whatif.mjs";
import {startNetwork} from "./network.mjs";
import {forget, paintQuiz, restart, startQuiz} from "./quiz.mjs";

let timer = 0, hits = [], hit = -1;
const playing = () => timer > 0;

// -- stepping --------------------------------------------------------------------------------------

export function step(s) {
  S.fresh = false;
  go(s);
  const {kind, target} = stepped();
  if (kind) S.chosen = target;
  paint();
}
const LAYER = /\[(\d+)\]\[\d+\]|layers\[(\d+)\]/;
const unitKeys = {
  operation: null,
  box: i => S.boxOf[i],
  layer: i => { const found = LAYER.exec(D.name[i]); return found ? `layer ${found[1] ?? found[2]}` : S.boxOf[i]; },
  row: i => ROW.exec(D.name[i])?.[1] ?? "none",
};
const onwards = (way, unit = $("unit").value) => {
  forget();
  const key = unitKeys[unit];
  step(key ? skip(graph, S.now, way, key) : S.now + way);
};
function play(on) {
  clearTimeout(timer);
  timer = 0;
  if (on && S.now < STEPS && !S.quiz) {
    const {kind} = stepped(), text = [...$("line").querySelectorAll("p,h2")].map(p => p.querySelector(".said")?.textContent ?? p.textContent).join(" ");
    timer = setTimeout(() => { onwards(1); play(true); }, readingTime(text, kind === "backward" ? 3000 : 1200) / Number($("speed").value));
  }
  $("play").textContent = playing() ? "pause" : "play";
  $("play").classList.toggle("on", playing());
}
const stepForward = unit => { if (S.quiz && S.now < STEPS) { S.fresh = false; paint(); $("guess").focus(); } else onwards(1, unit); };
const skipped = () => $("unit").value === "operation" ? "box" : $("unit").value;

function paintControls() {
  $("time").value = S.now;
  $("time").setAttribute("aria-valuetext", `step ${S.now} of ${STEPS}`);
  $("count").textContent = `${grouped(S.now)} / ${grouped(STEPS)}`;
  for (const id of ["play", "time", "next", "last", "skip"]) $(id).disabled = S.quiz && S.now < STEPS;
  $("play").title = S.quiz ? "the quiz waits for your answers" : "play (space)";
  if (S.quiz && playing()) play(false);
  const path = groupsOf(whereIs(S.chosen) ? S.chosen : last[S.focus]).filter(k => S.open[k] && (k === 0 || sizes[k] > 1));
  const crumbs = $("crumbs"), focused = crumbs.contains(document.activeElement), way = path.join();
  if (crumbs.dataset.way === way) return;
  crumbs.dataset.way = way;
  crumbs.replaceChildren();
  crumbs.hidden = path.length < 2 || N <= D.boxes;
  if (!crumbs.hidden) path.forEach((k, p) => {
    const here = p === path.length - 1, crumb = add(crumbs, here ? "span" : "button", k ? short(labelOf(G[k])) : "all");
    if (!here) { crumb.title = "fold back to this"; crumb.onclick = () => fold(path[p + 1], false); }
  });
  if (focused) (crumbs.querySelector("button") || $("picture")).focus();
}

// -- looking at things -----------------------------------------------------------------------------

export function choose(i) {
  S.chosen = i;
  reveal(i);
  paint();
  keepInSight(whereIs(i));
}
export function fold(k, opened) {
  S.chosen = last[k];
  reopen(() => {
    S.open[k] = opened;
    // What is in it follows it in the list.
    for (let c = k + 1; !opened && c < G.length && G[c].parent >= k; c++) S.open[c] = false;
    lookInto(k);
  }, last[k], () => opened ? S.boxes.filter(box => isIn(D.home[box.node], k)) : []);
  elementOf(last[k]).focus({preventScroll: true});
}
onPress(key => {
  const k = Number(key.slice(1));
  if (key[0] === "g") fold(k, true);
  else { choose(k); elementOf(k).focus({preventScroll: true}); }
});
onDrag(change);
onJump(s => { forget(); step(s); });

function find(next) {
  const text = $("find").value.trim().toLowerCase();
  if (!next) {
    hits = [];
    hit = -1;
    if (text) for (let i = 0; i < N; i++) if (D.name[i].toLowerCase().includes(text) || D.op[i].toLowerCase() === text) hits.push(i);
    const exact = hits.findIndex(i => D.name[i].toLowerCase() === text);
    if (exact > 0) hits.unshift(...hits.splice(exact, 1));
    $("hits").textContent = !text ? "" : hits.length ? `${grouped(hits.length)} found` : "nothing found";
    return;
  }
  if (!hits.length) return;
  hit = (hit + 1) % hits.length;
  dispatchEvent(new Event("look"));
  choose(hits[hit]);
  $("hits").textContent = `${hit + 1} of ${grouped(hits.length)}`;
}

const setPressed = (id, on) => $(id).setAttribute("aria-pressed", on);
const acts = {
  first: () => { forget(); step(0); }, back: () => onwards(-1), next: () => stepForward(), last: () => { forget(); step(STEPS); }, fit,
  skip: () => stepForward(skipped()),
  play: () => { if (S.quiz) return; if (!playing() && S.now >= STEPS) step(0); play(!playing()); },
  partials: () => { S.slopes = !S.slopes; setPressed("partials", S.slopes); paint(); },
  quiz: () => { S.quiz = !S.quiz; setPressed("quiz", S.quiz); restart(); S.fresh = true; go(S.quiz ? 0 : STEPS); paint(); if (S.quiz) $("guess").focus(); },
  tovalue: () => { forget(); step(valueStep(S.chosen)); },
  tograd: () => { const i = S.chosen; forget(); step(gradientStep(i)); },
  unfold: () => fold(Number($("unfold").dataset.group), false),
};
for (const id in acts) when(id, "click", acts[id]);
when("time", "input", () => { forget(); step(Number($("time").value)); });
when("find", "input", () => find(false));
when("find", "keydown", event => { if (event.key === "Enter") find(true); });
when("find", "change", () => { if (hit < 0) find(true); });
when("speed", "change", () => play(playing()));

const keys = {ArrowRight: acts.next, ArrowLeft: acts.back, " ": acts.play, Home: acts.first, End: acts.last, 0: fit, s: acts.partials,
  "+": () => scale(1.25), "-": () => scale(0.8)};
addEventListener("keydown", event => {
  const tag = event.target.tagName;
  if (tag === "INPUT" && event.target.type !== "range" || tag === "SELECT" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (tag === "INPUT" || event.key === " " && tag === "BUTTON") return;
  if (event.shiftKey && event.key.startsWith("Arrow") && !S.quiz) { onwards(event.key === "ArrowRight" ? 1 : -1, skipped()); event.preventDefault(); return; }
  if (keys[event.key]) { keys[event.key](); event.preventDefault(); }
});

// What the keyboard comes to is in sight.
addEventListener("focusin", event => {
  const box = S.boxes.find(({element}) => element === event.target);
  if (!box?.element.matches(":focus-visible")) return;
  keepInSight(box);
  $("picture").scrollIntoView({block: "nearest"});
});
// A name in a formula and its box belong together.
for (const kind of ["pointerover", "focusin"]) addEventListener(kind, event => {
  const node = event.target.closest?.("[data-node]")?.dataset.node;
  for (const element of document.querySelectorAll(".pointed")) element.classList.remove("pointed");
  if (node === undefined) return;
  elementOf(Number(node)).classList.add("pointed");
  for (const element of document.querySelectorAll(`#panel [data-node="${node}"]`)) element.classList.add("pointed");
});

// -- the beginning ---------------------------------------------------------------------------------

for (const painter of [paintPicture, paintStep, paintChosen, paintWhatIf, paintQuiz, paintControls]) onPaint(painter);
startWhatIf();
startQuiz(step);
D.name.filter((_, i) => D.named[i]).slice(0, 500).forEach(name => { add($("names"), "option").value = name; });
$("title").textContent = D.title;
$("time").max = STEPS;
document.documentElement.style.setProperty("--forward", `${100 * SEED / STEPS}%`);
if (D.name.some(name => LAYER.test(name))) add($("unit"), "option", "layer");
if (D.name.some(name => ROW.test(name))) add($("unit"), "option", "row");
setPressed("quiz", S.quiz);
$("network").hidden = !D.network;
openFirst();
if (N > 200) $("unit").value = "box";
S.slopes = D.partials ?? (S.boxes.length <= 12 && !S.quiz);
document.body.classList.toggle("values", D.forward);
setPressed("partials", S.slopes);
const leaf = D.origins[0] ?? D.op.findIndex((op, i) => !op && D.named[i] && S.boxes[S.boxOf[i]].group < 0);
if (leaf >= 0) S.chosen = leaf;
if (D.start === undefined || S.quiz) { go(S.quiz ? 0 : STEPS); paint(); } else step(D.start);
frameOn(S.quiz || D.start === 0 ? 0 : D.start ? S.chosen : D.origins[0] ?? ROOT);
place(false);
addEventListener("resize", keepPlace);
startNetwork();
