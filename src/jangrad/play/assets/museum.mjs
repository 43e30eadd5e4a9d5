export function openMuseum(root, palette) { root.textContent = "soon"; }
