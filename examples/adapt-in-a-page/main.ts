// A page that learns to tell pictures apart from some fifty examples, by a last layer alone and by LoRA inside a model that came from
// an address. ?engine=webgl, wasm or cpu names what computes, ?epochs how long it learns, ?pictures how many of each class are drawn to
// learn from. Many pictures want a worker, as apps/studio has.

import { writeAdapter } from "@lowrank/adapter-format";
import { mulberry32 } from "@lowrank/data";
import { chooseEngine, type EngineName, engineNames } from "@lowrank/engine";
import { loraOf } from "@lowrank/hosts/graph";
import * as tf from "@tensorflow/tfjs-core";
import { openBackbone } from "./backbone.ts";
import { type Class, find, nameOf, newClass, show } from "./class-cards.ts";
import { drawFace, moods } from "./draw-faces.ts";
import { emptySquare, fromCamera, fromFile, openCamera, tensorOf } from "./pictures.ts";
import { accuracy, type Lessons, type Taught, teachInside, teachLastLayer } from "./teach.ts";

const state = (text: string) => {
  find("#state").textContent = text;
};
const settings = new URLSearchParams(location.search);
const video = find<HTMLVideoElement>("#video");
const classes: readonly Class[] = moods.map((name) => newClass(name, { video, onChange: allowTeaching }));
let ways: readonly { readonly name: string; readonly taught: Taught }[] = [];

const asked = engineNames.filter((name) => name === settings.get("engine"));
const order: readonly EngineName[] = asked.length > 0 ? asked : ["webgpu", "wasm", "webgl", "cpu"];
const { name: engine } = await chooseEngine({ order });
const host = await openBackbone("backbone/centernet.json");
state(`Ready, on ${engine}.`);
find<HTMLButtonElement>("#draw").disabled = false;

find("#draw").onclick = () => {
  const random = mulberry32(7);
  const count = Number(settings.get("pictures") ?? 17);
  for (const [index, one] of classes.entries()) {
    const draw = () => {
      const canvas = emptySquare();
      drawFace(canvas, moods[index]!, random);
      return canvas;
    };
    one.lessons.push(...Array.from({ length: count }, draw));
    one.questions.push(...Array.from({ length: Math.floor(1.5 * count) }, draw));
    show(one);
  }
  allowTeaching();
};

find("#camera").onclick = async () => {
  try {
    await openCamera(video);
  } catch (error) {
    return state(`There is no camera: ${error instanceof Error ? error.message : error}`);
  }
  video.hidden = false;
  find<HTMLButtonElement>("#camera").disabled = true;
  for (const { card } of classes) find<HTMLButtonElement>(".record", card).disabled = false;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    if (ways.length > 0) await answer(fromCamera(video));
  }
};

find("#teach").onclick = async () => {
  const teach = find<HTMLButtonElement>("#teach");
  teach.disabled = true;
  const progress = find<HTMLProgressElement>("#progress");
  progress.hidden = false;
  for (const { taught } of ways) taught.dispose();
  ways = [];
  find("#results tbody").replaceChildren();
  const [lessons, questions] = [gather("lessons"), gather("questions")];
  find("#questions").textContent = String(questions.labels.size);
  let last = 0;
  try {
    state("Teaching a new last layer…");
    await painted();
    await add("the last layer alone", questions, () => teachLastLayer(host, lessons));
    await add("the last layer, and LoRA inside", questions, async () => {
      const teaching = teachInside(host, lessons, Number(settings.get("epochs") ?? 16));
      for (;;) {
        const { done, value } = await teaching.next();
        if (done) return value;
        progress.value = value.share;
        last = value.loss;
        state(`Teaching the inside: loss ${value.loss.toFixed(3)}`);
        await painted();
      }
    });
    state(`Done: the last loss was ${last.toFixed(3)}.`);
  } catch (error) {
    state(error instanceof Error ? error.message : String(error));
  } finally {
    for (const { pictures, labels } of [lessons, questions]) tf.dispose([pictures, labels]);
    progress.hidden = true;
    teach.disabled = false;
  }
};

find<HTMLInputElement>("#try").onchange = async ({ currentTarget }) => {
  const [file] = (currentTarget as HTMLInputElement).files ?? [];
  if (file !== undefined) await answer(await fromFile(file));
};

find("#save").onclick = async () => {
  const handle = ways.find(({ taught }) => taught.handle !== undefined)?.taught.handle;
  if (handle === undefined) return;
  for (const [name, content] of Object.entries(writeAdapter(await loraOf(handle)))) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([content]));
    link.download = name;
    link.click();
  }
};

function allowTeaching(): void {
  const isEnough = classes.every(({ lessons, questions }) => lessons.length > 2 && questions.length > 0);
  find<HTMLButtonElement>("#teach").disabled = !isEnough;
}

function gather(part: "lessons" | "questions"): Lessons {
  return {
    pictures: tensorOf(classes.flatMap((one) => one[part])),
    labels: tf.tensor1d(
      classes.flatMap((one, label) => one[part].map(() => label)),
      "int32",
    ),
    classes: classes.length,
  };
}

async function add(name: string, questions: Lessons, teach: () => Promise<Taught>): Promise<void> {
  const started = performance.now();
  const taught = await teach();
  const seconds = (performance.now() - started) / 1000;
  const share = await accuracy(taught, questions);
  ways = [...ways, { name, taught }];
  const row = find<HTMLTableElement>("#results tbody", document).appendChild(document.createElement("tr"));
  const cells = [name, taught.trained.toLocaleString("en"), seconds.toFixed(1), `${(100 * share).toFixed(0)} %`];
  for (const text of cells) row.appendChild(document.createElement("td")).textContent = text;
  find("#outcome").hidden = false;
  find<HTMLInputElement>("#try").disabled = false;
}

/** What each way says of a picture. */
async function answer(picture: HTMLCanvasElement): Promise<void> {
  const input = tensorOf([picture]);
  const outputs = ways.map(({ name, taught }) => ({ name, probabilities: taught.classify(input) }));
  input.dispose();
  const answers: HTMLElement[] = [];
  for (const { name, probabilities } of outputs) {
    const shares = await probabilities.data();
    probabilities.dispose();
    const box = document.createElement("div");
    box.append(name);
    for (const [index, one] of classes.entries()) {
      const line = box.appendChild(document.createElement("label"));
      const meter = document.createElement("meter");
      meter.value = shares[index] ?? 0;
      line.append(nameOf(one), meter);
    }
    answers.push(box);
  }
  find("#answers").replaceChildren(...answers);
}

/** Lets the page show what changed. */
function painted(): Promise<unknown> {
  return new Promise((resolve) => setTimeout(resolve));
}
