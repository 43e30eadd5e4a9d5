// What a network answers over a square, as a picture: one number a place, or the class it favours.

// The rows of a square grid, from the top left: columns `across` and `up` vary, the others are `rest`.
export function gridRows(side, {across, up, ranges, rest}) {
  const inputs = rest.length, x = new Float64Array(side * side * inputs);
  const place = (k, [low, high]) => low + (high - low) * (k + 0.5) / side;
  for (let r = 0, o = 0; r < side; r++) for (let c = 0; c < side; c++, o += inputs) {
    x.set(rest, o);
    x[o + across] = place(c, ranges[0]);
    if (up !== across) x[o + up] = place(side - 1 - r, ranges[1]);
  }
  return x;
}

const images = new Map();
function imageOf(side) {
  if (!images.has(side)) {
    const canvas = document.createElement("canvas"), context = canvas.getContext("2d", {willReadFrequently: true});
    canvas.width = canvas.height = side;
    const image = context.createImageData(side, side);
    images.set(side, {canvas, context, image, words: new Uint32Array(image.data.buffer)});
  }
  return images.get(side);
}

// Of every number its shade: `level` says what of it, from -1 to 1. Values lie `stride` apart from `at` on.
// `box` is where in the canvas, all of it where it is left out.
export function paintNumbers(canvas, side, values, at, stride, palette, level, box) {
  const {context, image, words, canvas: small} = imageOf(side), {shade} = palette;
  for (let k = 0, v = at; k < words.length; k++, v += stride) words[k] = shade(level(values[v]));
  context.putImageData(image, 0, 0);
  spread(canvas, small, box);
}
// The likeliest of k classes, the deeper the likelier.
export function paintClasses(canvas, side, values, k, palette) {
  const {context, image, words, canvas: small} = imageOf(side);
  for (let n = 0, v = 0; n < words.length; n++, v += k) {
    let best = 0, sum = 0;
    for (let i = 1; i < k; i++) if (values[v + i] > values[v + best]) best = i;
    for (let i = 0; i < k; i++) sum += Math.exp(values[v + i] - values[v + best]);
    const sure = (1 / sum - 1 / k) / (1 - 1 / k), shades = palette.classShades[best % palette.classShades.length];
    words[n] = shades[Math.round(255 * (0.15 + 0.7 * (sure || 0)))];
  }
  context.putImageData(image, 0, 0);
  spread(canvas, small);
}
function spread(canvas, small, [x, y, width, height] = [0, 0, canvas.width, canvas.height]) {
  const context = canvas.getContext("2d", {willReadFrequently: true});
  context.imageSmoothingEnabled = true;
  context.drawImage(small, x, y, width, height);
}

// Where `of(k)` of place k is 0, as lines: marching squares, from place to place by straight interpolation.
export function contour(side, of, line) {
  const crossing = (a, b) => a / (a - b);
  for (let r = 0; r + 1 < side; r++) for (let c = 0; c + 1 < side; c++) {
    const k = r * side + c, a = of(k), b = of(k + 1), d = of(k + side + 1), e = of(k + side), ends = [];
    if (a > 0 !== b > 0) ends.push([c + crossing(a, b), r]);
    if (b > 0 !== d > 0) ends.push([c + 1, r + crossing(b, d)]);
    if (e > 0 !== d > 0) ends.push([c + crossing(e, d), r + 1]);
    if (a > 0 !== e > 0) ends.push([c, r + crossing(a, e)]);
    for (let i = 0; i + 1 < ends.length; i += 2) line(ends[i], ends[i + 1]);
  }
}
export function paintContour(canvas, side, of, colour, width = 1.5) {
  const context = canvas.getContext("2d", {willReadFrequently: true}), scale = canvas.width / side;
  context.beginPath();
  contour(side, of, ([x0, y0], [x1, y1]) => { context.moveTo((x0 + 0.5) * scale, (y0 + 0.5) * scale); context.lineTo((x1 + 0.5) * scale, (y1 + 0.5) * scale); });
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.lineCap = "round";
  context.stroke();
}

// A mark of class k around (x, y): a form of its own for each, since not everyone tells colours apart.
const FORMS = [
  (c, x, y, r) => c.arc(x, y, r, 0, 2 * Math.PI),
  (c, x, y, r) => { c.moveTo(x, y - 1.35 * r); c.lineTo(x + 1.25 * r, y + 0.9 * r); c.lineTo(x - 1.25 * r, y + 0.9 * r); c.closePath(); },
  (c, x, y, r) => c.rect(x - 0.95 * r, y - 0.95 * r, 1.9 * r, 1.9 * r),
  (c, x, y, r) => { c.moveTo(x, y - 1.45 * r); c.lineTo(x + 1.2 * r, y); c.lineTo(x, y + 1.45 * r); c.lineTo(x - 1.2 * r, y); c.closePath(); },
];
export function mark(context, form, x, y, radius) {
  context.beginPath();
  FORMS[form % FORMS.length](context, x, y, radius);
}
// Points: [{x, y, form, colour, hollow}] with x and y from 0 to 1, y upwards.
export function paintPoints(canvas, points, palette, radius) {
  const context = canvas.getContext("2d", {willReadFrequently: true}), {width, height} = canvas;
  for (const {x, y, form, colour, hollow, chosen} of points) {
    mark(context, form, x * width, (1 - y) * height, chosen ? 1.7 * radius : radius);
    context.fillStyle = hollow ? palette.paper : colour;
    context.strokeStyle = hollow ? colour : palette.paper;
    context.lineWidth = radius * (hollow ? 0.55 : 0.3);
    context.fill();
    context.stroke();
    if (chosen) { context.strokeStyle = palette.ink; context.lineWidth = radius * 0.5; context.stroke(); }
  }
}
