// A before/after card as a PNG, to be shown to friends.

import { type CardContent, cardBoxes, cardHeight, cardWidth, layoutCard } from "./layout-card.ts";

/** In the person's language. */
export interface CardLabels {
  readonly before: string;
  readonly after: string;
  readonly asked: string;
  readonly foot: string;
}

const font = (size: number, weight = 400) =>
  `${weight} ${size}px system-ui, "Apple SD Gothic Neo", "Noto Sans KR", sans-serif`;
const colours = {
  paper: "#f6f5f1",
  ink: "#1b1f24",
  quiet: "#57616b",
  before: "#ffffff",
  after: "#d8ece7",
  line: "#dedbd3",
};

/** Throws an Error where the browser gives no canvas. */
export async function drawCard(content: CardContent, labels: CardLabels): Promise<Blob> {
  const canvas = document.createElement("canvas");
  canvas.width = cardWidth;
  canvas.height = cardHeight;
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("This browser gives no canvas to draw the picture on.");
  paint(context, content, labels);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The picture could not be made."))), "image/png");
  });
}

function paint(context: CanvasRenderingContext2D, content: CardContent, labels: CardLabels): void {
  const write = (text: string, at: { x: number; y: number }, colour: string) => {
    context.fillStyle = colour;
    context.fillText(text, at.x, at.y);
  };
  context.fillStyle = colours.paper;
  context.fillRect(0, 0, cardWidth, cardHeight);
  for (const { role, x, y, width, height } of cardBoxes) {
    context.fillStyle = colours[role];
    context.strokeStyle = colours.line;
    context.beginPath();
    context.roundRect(x, y, width, height, 18);
    context.fill();
    context.stroke();
    context.font = font(20);
    write(labels[role], { x: x + 24, y: y + 44 }, colours.quiet);
  }
  context.font = font(20);
  write(labels.asked, { x: 64, y: 72 }, colours.quiet);
  write(labels.foot, { x: 64, y: cardHeight - 34 }, colours.quiet);
  const measure = (text: string, size: number) => {
    context.font = font(size);
    return context.measureText(text).width;
  };
  for (const { role, x, y, size, lineHeight, lines } of layoutCard(content, measure)) {
    context.font = font(size, role === "prompt" ? 600 : 400);
    for (const [index, line] of lines.entries()) write(line, { x, y: y + index * lineHeight }, colours.ink);
  }
}
