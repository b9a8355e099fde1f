// One preset, trained and examined by what the page's worker does when it is asked to open, train and chat.

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { EngineName } from "../../protocol/model.ts";
import { memoryStore } from "../../storage/memory-store.ts";
import { chat } from "../../worker/chat/chat.ts";
import { open } from "../../worker/models/open.ts";
import { train } from "../../worker/training/train.ts";
import { Workshop } from "../../worker/workshop.ts";
import type { Preset } from "../preset.ts";
import type { RecordedExample, Recording } from "../recording.ts";
import type { Trials } from "../trials/trial.ts";

export interface RecordPlace {
  /** The model's, as a person would drop them onto the page. */
  readonly files: readonly string[];
  readonly engine: EngineName;
  say(line: string): void;
}

const asked = { temperature: 0, topP: 1, maxNewTokens: 60, seed: 0, strength: 1, sides: ["base", "adapted"] } as const;

export async function recordPreset(preset: Preset, { trials }: Trials, place: RecordPlace): Promise<Recording> {
  const { id, adapter: settings, training } = preset;
  const { engine, say } = place;
  const workshop = new Workshop(memoryStore());
  workshop.engine = { name: engine, threads: 1, passedOver: [] };
  const files = place.files.map((path) => new File([readFileSync(path)], basename(path)));
  await open(workshop, { kind: "files", files }, () => {});
  const rows = preset.rows.map((row, index) => ({ id: `${index}`, ...row }));
  const before = process.cpuUsage();
  const { adapter } = await train(workshop, { rows, adapter: settings, training, name: id }, (news) => {
    if (news.type === "step" && news.step % 10 === 0) say(`${id}: step ${news.step}, loss ${news.loss.toFixed(3)}`);
  });
  const { user, system } = process.cpuUsage(before);
  const examples: RecordedExample[] = [];
  for (const { prompt, passes } of trials) {
    const { texts } = await chat(workshop, { ...asked, turns: [{ role: "user", content: prompt }], adapter }, () => {});
    const { base = "", adapted = "" } = texts;
    examples.push({ prompt, base, adapted, basePasses: passes(base), adaptedPasses: passes(adapted) });
    say(`${id}: ${passes(adapted) ? "right" : "wrong"} | ${prompt} | ${adapted}`);
  }
  workshop.opened.opened.dispose();
  return { seconds: Math.round((user + system) / 1e6), engine, examples };
}
