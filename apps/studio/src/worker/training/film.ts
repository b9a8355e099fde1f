// The watched prompt, answered by the base and then again every few steps.

import type { OpenedAdapter } from "lowrank/browser";
import type { Frame } from "../../protocol/run.ts";
import { plainPrompt, templateName } from "../rows/row-form.ts";
import type { ModelInHand } from "../workshop.ts";

/** So many frames after the base's. */
const frames = 8;
const maxNewTokens = 40;

/** Whether the prompt is answered after this step: about eight times a run, and after its last step. */
export function isFrameDue(step: number, steps: number): boolean {
  return step === steps || step % Math.max(1, Math.ceil(steps / frames)) === 0;
}

export interface FrameRequest {
  readonly prompt: string;
  readonly step: number;
  /** Null: the base alone. */
  readonly adapter: OpenedAdapter | null;
  readonly signal: AbortSignal;
  /** Hears the text as it grows. */
  onText(frame: Frame): void;
}

/** One answer, by the likeliest tokens, so that frames differ by what was learned. Undefined where it was stopped. */
export async function makeFrame(model: ModelInHand, request: FrameRequest): Promise<Frame | undefined> {
  const { step, adapter, signal, onText } = request;
  const template = templateName(model);
  const prompt = template === "chat" ? request.prompt : plainPrompt(request.prompt);
  let text = "";
  try {
    for await (const event of model.opened.stream(prompt, { adapter, template, maxNewTokens, signal })) {
      text = event.type === "end" ? event.text : text + event.text;
      if (event.type === "token" && event.text !== "") onText({ step, text: text.trimStart() });
    }
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
  return { step, text: text.trim() };
}

const baseFrames = new WeakMap<ModelInHand["opened"], Map<string, Frame>>();

/** The base's answer, which no training changes: made once for each prompt. */
export async function baseFrame(
  model: ModelInHand,
  request: Pick<FrameRequest, "prompt" | "signal" | "onText">,
): Promise<Frame | undefined> {
  const known = baseFrames.get(model.opened) ?? new Map<string, Frame>();
  baseFrames.set(model.opened, known);
  const frame = known.get(request.prompt) ?? (await makeFrame(model, { ...request, step: 0, adapter: null }));
  if (frame !== undefined) known.set(request.prompt, frame);
  return frame;
}
