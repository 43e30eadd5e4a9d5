// The state of the page as a script of Python, which comes to the same numbers.

const CLASSES = {sgd: "SGD", momentum: "SGD", nesterov: "SGD", adam: "Adam", adamw: "AdamW", rmsprop: "RMSprop", adagrad: "Adagrad"};
const MORE = {momentum: ", momentum=0.9", nesterov: ", momentum=0.9, nesterov=True"};
const python = value => JSON.stringify(value).replaceAll(",", ", ");
const lines = (name, rows) => `${name} = [\n${rows.map(row => `    ${python(row)},`).join("\n")}\n]`;
// What was in force from which step on, of a setting that changes while it runs.
function timeline(run, first, key, value) {
  const found = new Map([[0, first]]);
  for (const change of run.changes) if (key in change && (change.step === 0 || change.step < run.training.steps)) found.set(change.step, value(change));
  return [...found];
}
const penaltyIn = ({penalty, strength}) => penalty === "none" ? "None" : `(nn.losses.${penalty}_penalty, ${strength})`;

export function scriptOf(s, data, run) {
  const {training, net} = run, toy = !["own", "drawn", "hills", "plane"].includes(s.set), bce = s.loss === "binary_cross_entropy", loss = `nn.losses.${s.loss}`;
  const activations = s.layers.map(({activation}) => activation), widths = [...s.layers.map(({units}) => units), data.outputs];
  const same = new Set(activations).size <= 1;
  const options = s.output && s.output !== "linear" ? `, output=${python(s.output)}` : "";
  const drawn = run.start.every((x, k) => x === run.drawn[k]), weights = run.changes.filter(change => "place" in change);
  const rates = timeline(run, run.firstRate, "rate", change => change.rate), penalties = timeline(run, run.firstPenalty, "penalty", change => change);
  const [[, firstRate]] = rates, [[, {penalty, strength}]] = penalties, penalised = penalties.length > 1, steady = !penalised && penalty !== "none";
  const code = [];
  if (steady) code.push("from functools import partial\n");
  code.push(`from jangrad import MLP, ${toy ? "datasets, " : ""}fit, nn\nfrom jangrad.train import ${CLASSES[s.optimizer]}\n`);
  if (toy) code.push(`X, y = datasets.${s.set}(${s.set === "four_rows" ? "" : `${data.X.length}, noise=${s.noise}, seed=${s.draw}`})`);
  else code.push(lines("X", data.X), lines("y", data.y));
  if (bce) code.push("y = [(t + 1) / 2 for t in y]  # -1 and 1 as the probabilities 0 and 1");
  code.push(data.cut < data.X.length ? `learned, held_out = (X[:${data.cut}], y[:${data.cut}]), (X[${data.cut}:], y[${data.cut}:])\n` : "learned = X, y\n");
  code.push(`net = MLP(${data.inputs}, ${python(widths)}, ${activations.length ? same ? python(activations[0]) : python(activations) : '"linear"'}${options}, seed=${s.seed})`);
  if (!drawn) code.push(`for p, number in zip(net.parameters(), ${python([...run.start])}):\n    p.data = number`);
  const early = weights.filter(({step}) => step === 0), late = weights.filter(({step}) => step > 0 && step <= training.steps);
  for (const {place, number} of early) code.push(`net.parameters()[${place}].data = ${number}`);
  code.push(`optimizer = ${CLASSES[s.optimizer]}(net.parameters(), ${firstRate}${MORE[s.optimizer] || ""})`);
  if (rates.length > 1) code.push(`\n# The rate from each of these steps on.\nRATES = {${rates.map(([step, rate]) => `${step}: ${rate}`).join(", ")}}\n\n\ndef schedule(step):\n    return RATES[max(first for first in RATES if first <= step)]\n`);
  if (late.length) code.push(`\n# Weights that were changed by hand, after so many steps.\nCHANGED = [${late.map(({step, place, number}) => `(${step}, ${place}, ${number})`).join(", ")}]\n\n\ndef change(step):\n    for after, place, number in CHANGED:\n        if step.step + 1 == after:\n            net.parameters()[place].data = number\n`);
  if (penalised) code.push(`\n# The penalty from each of these steps on, and its strength.\nPENALTIES = {${penalties.map(([step, change]) => `${step}: ${penaltyIn(change)}`).join(", ")}}\nnow = {"penalty": PENALTIES[0]}\n\n\ndef penalty(parameters):\n    if now["penalty"] is None:\n        return 0.0\n    cost, strength = now["penalty"]\n    return cost(parameters, strength)\n\n\ndef penalise(step):\n    now["penalty"] = PENALTIES.get(step.step + 1, now["penalty"])\n`);
  const how = ["net", "*learned", `loss="${s.loss}"`, "optimizer=optimizer", `steps=${training.steps}`, `batch_size=${training.deal.size}`, `seed=${s.seed}`];
  if (steady) how.push(`penalty=partial(nn.losses.${penalty}_penalty, strength=${strength})`);
  if (penalised) how.push("penalty=penalty");
  if (rates.length > 1) how.push("schedule=schedule");
  const calls = [...late.length ? ["change"] : [], ...penalised ? ["penalise"] : []];
  if (calls.length) how.push(`callbacks=[${calls.join(", ")}]`);
  if (training.steps) code.push(`history = fit(\n${how.map(part => `    ${part},`).join("\n")}\n)`);
  code.push(`\n\ndef loss_on(X, y):\n    return ${loss}(net.predict(X), y)\n\n`, `print("training", loss_on(*learned))`);
  if (data.cut < data.X.length) code.push(`print("held out", loss_on(*held_out))`);
  return code.join("\n") + "\n";
}
