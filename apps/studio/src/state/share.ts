// A link to the current rows and settings, and the import of such a link.

import { signal } from "@preact/signals";
import { type CardContent, cardBoxes, cardHeight, cardWidth, layoutCard } from "../share/layout-card.ts";
import {
  isShareLink,
  readShareLink,
  type Shared,
  ShareLinkError,
  type ShareProblem,
  writeShareLink,
} from "../share/share-link.ts";

/** The parts of the page that sharing needs. */
export interface SharedPage {
  /** Rows and settings as they are. */
  current(): Shared;
  /** Replaces rows and settings; returns a function that restores the previous ones. */
  apply(shared: Shared): () => void;
  /** Prompts with their two answers, the best last. */
  beforeAfter(): readonly CardContent[];
}

export type LinkMade = { readonly link: string } | { readonly problem: ShareProblem };

export class Share {
  /** The data of the opened link; undefined: there was none, or its notice was closed. */
  readonly opened = signal<Shared | undefined>(undefined);
  /** The prompt that the person chose to show. */
  readonly shown = signal<string | undefined>(undefined);
  /** The problem with the URL of the page. */
  readonly problem = signal<ShareProblem | undefined>(undefined);
  readonly copied = signal<"yes" | "no" | undefined>(undefined);
  #putBack: (() => void) | undefined;

  constructor(private readonly page: SharedPage) {}

  /** Whether there are rows or answers to share. */
  get hasContent(): boolean {
    return this.card !== undefined || this.page.current().rows.length > 0;
  }

  /** A link to the current rows and settings, at the page's `address`. */
  makeLink(address: string): LinkMade {
    try {
      return { link: `${address.split("#")[0]}${writeShareLink({ ...this.page.current(), result: this.card })}` };
    } catch (error) {
      if (error instanceof ShareLinkError) return { problem: error.problem };
      throw error;
    }
  }

  async copy(link: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(link);
      this.copied.value = "yes";
    } catch {
      this.copied.value = "no"; // Not allowed, or not served over HTTPS.
    }
  }

  /** Opens the data in a URL, and returns whether there was any. If the link is damaged, the user's own rows stay. */
  readAddress(hash: string): boolean {
    if (!isShareLink(hash)) return false;
    try {
      const shared = readShareLink(hash);
      this.#putBack = this.page.apply(shared);
      this.opened.value = shared;
    } catch (error) {
      if (!(error instanceof ShareLinkError)) throw error;
      this.problem.value = error.problem;
    }
    return true;
  }

  /** The prompts that a card can show; none before anything was trained. */
  get cards(): readonly CardContent[] {
    return this.page.beforeAfter();
  }

  /** The chosen one, else the best. */
  get card(): CardContent | undefined {
    const { cards } = this;
    return cards.filter(({ prompt }) => prompt === this.shown.value).at(-1) ?? cards.at(-1);
  }

  /** Restores the rows and settings from before the link was opened. */
  undo(): void {
    this.#putBack?.();
    this.dismiss();
  }

  /** The user has closed the notice about the link. */
  dismiss(): void {
    this.#putBack = undefined;
    this.opened.value = undefined;
    this.problem.value = undefined;
  }
}

/** In the person's language. */
interface CardLabels {
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

/** The picture as a PNG. Throws an Error if the browser gives no canvas. */
export async function drawCard(content: CardContent, labels: CardLabels): Promise<Blob> {
  const canvas = document.createElement("canvas");
  canvas.width = cardWidth;
  canvas.height = cardHeight;
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("This browser has no canvas to draw the picture on.");
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
