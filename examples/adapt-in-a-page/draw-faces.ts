// Pictures to try the page with: faces that smile, frown or are astonished, of any colour, anywhere, before anything.

/** What the faces do. */
export const moods = ["smiles", "frowns", "is astonished"] as const;
export type Mood = (typeof moods)[number];

/** A face; `random` gives numbers from 0 to 1. */
export function drawFace(canvas: HTMLCanvasElement, mood: Mood, random: () => number): void {
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  if (brush === null) throw new Error("This browser draws on no canvas.");
  const { width: side } = canvas;
  const between = (low: number, high: number) => low + (high - low) * random();
  const colour = (lightness: number) => `hsl(${between(0, 360)} ${between(20, 90)}% ${lightness}%)`;
  brush.fillStyle = colour(between(20, 90));
  brush.fillRect(0, 0, side, side);
  for (let shape = 0; shape < 12; shape += 1) {
    brush.fillStyle = colour(between(15, 90));
    brush.beginPath();
    const [x, y, size] = [between(0, side), between(0, side), between(0.03, 0.15) * side];
    if (random() < 0.5) brush.arc(x, y, size, 0, between(2, 7));
    else brush.rect(x, y, size, 2 * size);
    brush.fill();
  }
  const size = between(0.16, 0.34) * side;
  brush.translate(between(size, side - size), between(size, side - size));
  brush.rotate(between(-0.4, 0.4));
  brush.scale(size * between(0.8, 1), size);
  brush.fillStyle = colour(between(60, 85));
  brush.beginPath();
  brush.arc(0, 0, 1, 0, 7);
  brush.fill();
  brush.fillStyle = brush.strokeStyle = colour(between(5, 25));
  brush.lineWidth = between(0.08, 0.16);
  brush.lineCap = "round";
  const eyes = between(0.08, 0.17);
  for (const x of [-0.38, 0.38]) {
    brush.beginPath();
    brush.arc(x, -0.28, eyes, 0, 7);
    brush.fill();
  }
  brush.beginPath();
  const [mouth, bend] = [between(0.35, 0.55), between(0.2, 0.4)];
  if (mood === "is astonished") brush.ellipse(0, 0.42, mouth / 2, bend / 1.3, 0, 0, 7);
  else {
    const corners = mood === "smiles" ? 0.3 : 0.3 + bend;
    brush.moveTo(-mouth, corners);
    brush.quadraticCurveTo(0, mood === "smiles" ? 0.3 + 1.6 * bend : 0.3 - 0.6 * bend, mouth, corners);
  }
  brush.stroke();
  brush.resetTransform();
}
