// Every text that is seen, with its size in pixels and its contrast to what is behind it; and every
// line with its contrast to the paper (WCAG 2.2, relative luminance). An expression for `evaluate`.
() => {
  const parse = colour => (colour.match(/[\d.]+/g) || []).map(Number);
  const linear = x => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
  const luminance = ([r, g, b]) =>
    0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
  const ratio = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const styleOf = element => getComputedStyle(element);
  const paper = parse(styleOf(document.body).backgroundColor);
  const over = ([r, g, b, a = 1], ground) => [r, g, b].map((x, i) => a * x + (1 - a) * ground[i]);
  const groundOf = element => {
    const box = element.closest("g.box"), unit = element.closest(".neuron");
    if (box) return parse(styleOf(box.querySelector(".body")).fill);
    if (element.closest("#pill")) return parse(styleOf(document.querySelector("#pill rect")).fill);
    if (unit && element.matches(".value")) {
      const tint = styleOf(unit.querySelector(".tint"));
      const base = parse(styleOf(unit.querySelector(".unit")).fill);
      return over([...parse(tint.fill).slice(0, 3), Number(tint.fillOpacity)], base);
    }
    for (let e = element; e; e = e.parentElement) {
      const colour = parse(styleOf(e).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return paper;
  };
  const isSeen = element => {
    const {width, height} = element.getBoundingClientRect();
    return width > 0 && height > 0 && styleOf(element).visibility === "visible";
  };
  const nameOf = e => `${e.tagName}.${e.getAttribute("class")}#${e.id}`;
  const isSvg = e => e.namespaceURI.endsWith("svg");
  const found = {texts: [], lines: []};
  for (const e of document.querySelectorAll("body *")) {
    if (e.closest(".said, title, desc, datalist, script, style") || e.matches("option")) continue;
    const own = [...e.childNodes].filter(n => n.nodeType === 3).map(n => n.data).join("").trim();
    const text = e.matches("input:not([type=range]), select") ? e.value : own;
    if (!text || !isSeen(e)) continue;
    const style = styleOf(e), behind = groundOf(e);
    let opacity = 1;
    for (let p = e; p; p = p.parentElement) opacity *= Number(styleOf(p).opacity);
    const ink = over([...parse(isSvg(e) ? style.fill : style.color).slice(0, 3), opacity], behind);
    const size = parseFloat(style.fontSize) * (isSvg(e) ? e.getScreenCTM().a : 1);
    found.texts.push([text.slice(0, 30), size, ratio(ink, behind), nameOf(e)]);
  }
  const lines = ".edge, .body, button, input[type=search], select, .neuron .rim, .fun, .tan";
  for (const e of document.querySelectorAll(lines)) {
    const style = styleOf(e);
    if (!isSeen(e) || e.disabled || (!isSvg(e) && parseFloat(style.borderTopWidth) === 0)) continue;
    found.lines.push([nameOf(e), ratio(parse(isSvg(e) ? style.stroke : style.borderTopColor), paper)]);
  }
  return found;
}
