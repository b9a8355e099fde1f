// Rows and settings that come from elsewhere – a preset, a link – in place of those on the page, and out of it.

import { batch } from "@preact/signals";
import type { Preset } from "../presets/preset.ts";
import type { CardContent } from "../share/layout-card.ts";
import type { Shared } from "../share/shared.ts";
import type { ChatState } from "./chat.ts";
import type { ModelState } from "./model.ts";
import type { RowsState } from "./rows.ts";
import type { RunState } from "./run.ts";
import type { SettingsState } from "./settings.ts";
import type { SharedPage } from "./share.ts";

type Filling = Pick<Shared, "rows" | "adapter" | "training" | "watched">;

/** The parts of the page that it reaches. */
interface Page {
  readonly rows: RowsState;
  readonly settings: SettingsState;
  readonly model: ModelState;
  readonly run: RunState;
  readonly chat: ChatState;
}

/** Fills the table and the settings, and returns what puts both back. */
function fillPage({ rows, settings }: Page, { rows: pairs, ...others }: Filling, name: string): () => void {
  const before = {
    adapter: settings.adapter.value,
    training: settings.chosen.value,
    watched: settings.watched.value,
    name: settings.name.value,
  };
  batch(() => {
    rows.replace(pairs);
    settings.set({ ...others, name });
  });
  return () =>
    batch(() => {
      rows.takeBack();
      settings.set(before);
    });
}

/** Fills the page and trains. */
export async function teachPreset(page: Page, preset: Preset, name: string): Promise<void> {
  fillPage(page, preset, name);
  await page.run.train();
}

/** What the page gives and takes for links and pictures. */
export function sharedPage(page: Page): SharedPage {
  return {
    current: () => ({
      rows: page.rows.written.value.map(({ id: _, ...row }) => row),
      adapter: page.settings.adapter.value,
      training: page.settings.training.value,
      watched: page.settings.watched.value,
      model: page.model.facts.value?.name ?? "",
    }),
    apply: (shared) => fillPage(page, shared, ""),
    beforeAfter: () => askedLast(page) ?? watchedLast(page),
  };
}

/** Of the conversation. */
function askedLast({ chat }: Page): CardContent | undefined {
  const { says, base, adapted } = chat.exchanges.value.at(-1) ?? {};
  if (says === undefined || base === undefined || adapted === undefined) return undefined;
  return { prompt: says, before: base, after: adapted };
}

/** Of the filmstrip: its first frame is the base. */
function watchedLast({ run }: Page): CardContent | undefined {
  const [first, ...later] = run.frames.value;
  const last = later.at(-1);
  if (first === undefined || last === undefined) return undefined;
  return { prompt: run.watched.value ?? "", before: first.text, after: last.text };
}
