// What the page says: the messages of a language, those with values as functions.

import type { EngineName } from "../protocol/model.ts";
import type { RowProblem } from "../protocol/rows.ts";
import type { ShelfEntry } from "../protocol/shelf.ts";
import { counted, fill, type Messages, saying } from "./messages.ts";
import { megabytes, rounded } from "./numbers.ts";

export type Texts = ReturnType<typeof textsOf>;

/** Failures have texts by the code of the error: what happened and what to do. Errors that are not listed show their own message. */
type Failures = Readonly<Record<string, string | undefined>>;

/** `language`: a tag such as "en", for numbers and dates. */
export function textsOf(messages: Messages, language: string) {
  const { model, drawing, teach, adapt, train, trying, presets, share, shelf, look, takeHome, units } = messages;
  const many = new Intl.NumberFormat(language, { notation: "compact", maximumSignificantDigits: 3 });
  const whole = (count: number) => count.toLocaleString(language);
  const rowsOf = (count: number) => counted(units.rows, count);
  const duration = (seconds: number) => {
    if (seconds < 90) return fill(units.seconds, { count: seconds < 1 ? seconds.toFixed(2) : rounded(seconds) });
    if (seconds < 5400) return fill(units.minutes, { count: Math.round(seconds / 60) });
    return fill(units.hours, { count: (seconds / 3600).toFixed(1) });
  };
  return {
    ...messages,
    model: {
      ...model,
      downloaded: (done: number, total: number) =>
        fill(model.downloaded, { done: (done / 1e6).toFixed(0), total: (total / 1e6).toFixed(0) }),
      loaded: (share: number) => fill(model.loaded, { percent: Math.round(100 * share) }),
      parameters: (count: number) => fill(model.parameters, { count: many.format(count) }),
      toDownload: (bytes: number) =>
        bytes === 0 ? model.toDownload.none : fill(model.toDownload.some, { size: megabytes(bytes) }),
      memory: (bytes: number) => fill(model.memory, { size: megabytes(bytes) }),
      ready: saying(model.ready, "name"),
      threads: (count: number) => counted(model.threads, count),
      notUsed: (name: EngineName, reason: string) => fill(model.notUsed, { engine: model.engineNames[name], reason }),
      engineFailed: saying(model.engineFailed, "name"),
      failures: model.failures as Failures,
    },
    drawing: {
      ...drawing,
      picture: saying(drawing.picture, "rank"),
      rank: (rank: number) => counted(drawing.rank, rank),
      lit: saying(drawing.lit, "layers", "blocks"),
    },
    teach: {
      ...teach,
      saysOf: saying(teach.saysOf, "row"),
      answersOf: saying(teach.answersOf, "row"),
      earlier: (turns: number) => counted(teach.earlier, turns),
      example: (chats: boolean) => (chats ? teach.example.chat : teach.example.plain),
      remove: saying(teach.remove, "row"),
      count: (rows: number, tokens: number) => fill(teach.count, { rows: rowsOf(rows), tokens: whole(tokens) }),
      leftOut: (rows: number) => fill(teach.leftOut, { rows: rowsOf(rows) }),
      othersAdded: saying(teach.othersAdded, "problem"),
      tokens: (count: number) => counted(teach.tokens, count),
      problem: ({ kind, column, got = 0, max = 0 }: RowProblem) =>
        kind === "empty" ? teach.problem.empty[column] : fill(teach.problem[kind], { got, max }),
      asModelOf: saying(teach.asModelOf, "row"),
      undone: (what: keyof typeof teach.undone, count: number) => fill(teach.undone[what], { rows: rowsOf(count) }),
      showAll: saying(teach.showAll, "count"),
    },
    adapt: {
      ...adapt,
      ofAll: (count: number, share: number) =>
        fill(adapt.ofAll, { count: whole(count), percent: (100 * share).toFixed(share < 0.001 ? 3 : 2) }),
      duration,
      heldShare: (share: number) =>
        share === 0 ? adapt.heldShare.none : fill(adapt.heldShare.some, { percent: Math.round(100 * share) }),
    },
    train: {
      ...train,
      ready: (rows: number, steps: number) => fill(train.ready, { rows: rowsOf(rows), steps }),
      readyIn: (seconds: number) => fill(train.readyIn, { time: duration(seconds) }),
      progress: saying(train.progress, "step", "steps"),
      left: (seconds: number) => fill(train.left, { time: duration(seconds) }),
      finished: saying(train.finished, "steps"),
      stopped: (steps: number) => (steps === 0 ? train.stopped.none : fill(train.stopped.some, { steps })),
      lost: saying(train.lost, "step"),
      goBack: saying(train.goBack, "step", "rate"),
      beginAnew: saying(train.beginAnew, "rate"),
      unfinished: saying(train.unfinished, "name", "step", "steps"),
      resume: saying(train.resume, "step"),
      otherModel: saying(train.otherModel, "model"),
      chartLabel: saying(train.chartLabel, "first", "last", "step"),
      hovered: saying(train.hovered, "step", "loss"),
      frame: saying(train.frame, "step"),
      said: { ...train.said, share: saying(train.said.share, "percent", "loss") },
    },
    trying: {
      ...trying,
      adaptedBy: (name: string, strength: number) =>
        fill(strength === 1 ? trying.adaptedBy.full : trying.adaptedBy.scaled, { name, strength }),
      length: saying(trying.length, "tokens", "max"),
      tooLong: saying(trying.tooLong, "tokens", "max"),
      likelier: (times: number) =>
        times > 1000 ? trying.likelier.huge : fill(trying.likelier.some, { times: rounded(times) }),
      strengthNote: (strength: number) => {
        const { none, full, weaker, stronger } = trying.strengthNote;
        if (strength === 0 || strength === 1) return strength === 0 ? none : full;
        return fill(strength < 1 ? weaker : stronger, { strength });
      },
      temperatureNote: (temperature: number) => (temperature === 0 ? trying.temperatureNote : `${temperature}`),
      speed: (tokens: number) => fill(trying.speed, { tokens: rounded(tokens) }),
      votes: saying(trying.votes, "won", "of"),
    },
    presets: {
      ...presets,
      example: saying(presets.example, "number", "of"),
      score: saying(presets.score, "adapted", "base", "of"),
      facts: (rows: number, seconds: number) =>
        seconds < 90
          ? fill(presets.facts.seconds, { rows: rowsOf(rows), count: Math.max(5, Math.round(seconds / 5) * 5) })
          : fill(presets.facts.minutes, { rows: rowsOf(rows), count: Math.round(seconds / 60) }),
      loadAndTeach: saying(presets.loadAndTeach, "model", "megabytes"),
      loading: saying(presets.loading, "model"),
      failed: saying(presets.failed, "model"),
    },
    share: {
      ...share,
      length: saying(share.length, "characters"),
      opened: (rows: number, model: string) => fill(share.opened, { rows: rowsOf(rows), model }),
    },
    shelf: {
      ...shelf,
      facts: ({ rank, bytes, origin }: ShelfEntry) =>
        fill(shelf.facts, { rank, size: megabytes(bytes), origin: shelf.origins[origin] }),
      made: (when: number) => new Date(when).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" }),
      otherModel: saying(shelf.otherModel, "model"),
      removeOf: saying(shelf.removeOf, "name"),
      removed: saying(shelf.removed, "name"),
      added: saying(shelf.added, "name"),
      share: saying(shelf.share, "first", "second"),
      mixName: saying(shelf.mixName, "first", "second"),
      failures: shelf.failures as Failures,
    },
    look: {
      ...look,
      block: (block: number | undefined) => (block === undefined ? look.block.none : fill(look.block.some, { block })),
      cell: saying(look.cell, "target", "block", "value"),
      legend: saying(look.legend, "min", "max"),
      without: saying(look.without, "count"),
      directions: saying(look.directions, "target", "block"),
      mattering: (rank: number, count: number) =>
        count === 0 ? fill(look.nothingLearned, { rank }) : counted(look.mattering, count, { rank }),
      bars: (values: readonly string[]) => fill(look.bars, { values: values.join(", ") }),
      alike: saying(look.alike, "first", "second", "reads", "writes"),
    },
    takeHome: {
      ...takeHome,
      peftNote: saying(takeHome.peftNote, "size"),
      mergedNote: saying(takeHome.mergedNote, "size"),
      progress: (done: number, total: number) =>
        fill(takeHome.progress, { done: megabytes(done), total: megabytes(total) }),
      made: saying(takeHome.made, "name"),
      otherModel: saying(takeHome.otherModel, "model"),
      failures: takeHome.failures as Failures,
    },
  };
}
