// A card for each class: its name, and its pictures from files or from the camera.

import { fromCamera, fromFile } from "./pictures.ts";

/** A class and its card. */
export interface Class {
  readonly card: HTMLElement;
  readonly lessons: HTMLCanvasElement[];
  /** Kept aside, to see what was learned. */
  readonly questions: HTMLCanvasElement[];
}

/** What a card needs of its page. */
export interface CardOptions {
  readonly video: HTMLVideoElement;
  onChange(): void;
}

export function newClass(name: string, { video, onChange }: CardOptions): Class {
  const copy = find<HTMLTemplateElement>("#class").content.cloneNode(true) as DocumentFragment;
  const one: Class = { card: find("article", copy), lessons: [], questions: [] };
  const add = (picture: HTMLCanvasElement) => {
    keep(one, picture);
    show(one);
    onChange();
  };
  find<HTMLInputElement>(".name", copy).value = name;
  const files = find<HTMLInputElement>("input[type=file]", copy);
  files.onchange = async () => {
    for (const file of files.files ?? []) add(await fromFile(file));
  };
  const record = find<HTMLButtonElement>(".record", copy);
  record.onpointerdown = async ({ pointerId }) => {
    record.setPointerCapture(pointerId);
    let isHeld = true;
    record.onlostpointercapture = () => {
      isHeld = false;
    };
    while (isHeld) {
      add(fromCamera(video));
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  find("#classes").append(copy);
  return one;
}

/** Shows the pictures to learn. */
export function show({ card, lessons, questions }: Class): void {
  find(".count", card).textContent = `${lessons.length} to learn, ${questions.length} kept aside`;
  find(".pictures", card).replaceChildren(...lessons);
}

export function nameOf({ card }: Class): string {
  return find<HTMLInputElement>(".name", card).value;
}

/** The first element that the selector means; the page has it, or is another page. */
export function find<T extends HTMLElement>(selector: string, inside: ParentNode = document): T {
  const found = inside.querySelector<T>(selector);
  if (found === null) throw new Error(`The page has no ${selector}.`);
  return found;
}

/** Each fourth picture is kept aside. */
function keep({ lessons, questions }: Class, picture: HTMLCanvasElement): void {
  ((lessons.length + questions.length) % 4 === 3 ? questions : lessons).push(picture);
}
