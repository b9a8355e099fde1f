// Claims about what adaptation costs: section 4.2 and table 1 of the paper.

import { standard } from "../../methods/lora.ts";
import { meanOf } from "../../training/mean-of.ts";
import { type Claim, notRun, statusOf } from "./claim.ts";

/** What a busy moment may add to one of two equal times. */
const noise = 1.05;
/** In which a teaching is called within reach, on a processor without a card. */
const minutesInReach = 10;

export const noLatency: Claim = {
  says: "A merged LoRA answers as fast as the model itself; adapter layers make it slower.",
  source: "table 1",
  judge({ latency, merged }) {
    const idle =
      merged === undefined
        ? ""
        : `${merged.work}: merged ${merged.ratio} of the time of the model itself ([benchmarks](benchmarks.md)). `;
    if (latency === undefined) {
      const { status, because } = notRun(
        "Adapter layers and prefixes were not timed yet on a machine that does nothing else",
        "latency",
      );
      return {
        status: merged !== undefined && merged.ratio <= noise ? "partly" : status,
        because: `${idle}${because}`,
      };
    }
    const timeOf = (text: string, batch: string) =>
      latency.rows.find(({ what }) => what.includes(text))?.milliseconds[batch] ?? Number.NaN;
    const ratio = (text: string, batch: string) => timeOf(text, batch) / timeOf("itself", batch);
    const told = (text: string) =>
      ["1", "16"].map((batch) => `${ratio(text, batch).toFixed(2)} (batch ${batch})`).join(", ");
    return {
      status: statusOf([
        ratio("merged", "1") <= noise && ratio("merged", "16") <= noise,
        ratio("two a block", "1") > 1,
      ]),
      because: `${idle}MiniLM, times of the model itself: merged ${told("merged")}; two adapter layers a block ${told("two a block")}; LoRA beside every weight ${told("every linear map, beside")}; a prefix ${told("prefix")}.`,
    };
  },
};

export const cheapSwitching: Claim = {
  says: "Many tasks share one model: a task is a small file, and going from one to the next costs nothing.",
  source: "sections 1 and 4.2",
  judge({ switching }) {
    if (switching === undefined) return notRun("It needs the hundred adapters", "switching");
    const { adapters, adapterFileBytes, baseBytes, adaptersBytes, milliseconds } = switching;
    const mega = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
    return {
      status: statusOf([adapterFileBytes < baseBytes / 100, milliseconds.other <= noise * milliseconds.same]),
      because: `${adapters} adapters of ${mega(adapterFileBytes)} each on a model of ${mega(baseBytes)}: ${mega(baseBytes + adaptersBytes)} in memory, where ${adapters} models take ${mega(adapters * baseBytes)}. A text takes ${milliseconds.same} ms with the adapter of the text before and ${milliseconds.other} ms with another one; an adapter is read and attached in ${milliseconds.attach} ms, a model in ${milliseconds.loadModel} ms.`,
    };
  },
};

export const cheapTraining: Claim = {
  says: "Training takes a third of the memory of full fine-tuning, and less time.",
  source: "section 4.2",
  judge({ training }) {
    if (training === undefined)
      return { status: "not run yet", because: "`npm run bench -- lora-vs-full` measures it." };
    const { work, ratio, rssRatioWithoutCopy, stateRatio } = training;
    return {
      status: statusOf([rssRatioWithoutCopy < 1 / 3, ratio < 1]),
      because: `${work}: ${ratio} of the time, ${rssRatioWithoutCopy} of the memory, ${(100 * stateRatio).toFixed(2)} % of the bytes for gradients and optimiser ([benchmarks](benchmarks.md)).`,
    };
  },
};

export const instructionsWithinReach: Claim = {
  says: "Teaching a model to follow instructions is within anyone's reach.",
  source: "Alpaca, KoAlpaca",
  judge({ instructions, korean }) {
    const tasks = Object.entries({ instructions, korean }).flatMap(([task, swept]) => {
      const runs = swept?.runs.filter(({ method }) => method === standard) ?? [];
      const [first] = runs;
      const before = swept?.untrained?.loss;
      if (swept === undefined || first === undefined || before === undefined) return [];
      const after = meanOf(runs.map((run) => run.after.loss ?? Number.NaN));
      return [{ task, before, after, first, seconds: meanOf(runs.map((run) => run.seconds)) }];
    });
    if (tasks.length < 2) return notRun("It needs LoRA on both", `instructions korean --only ${standard}`);
    const text = tasks.map(
      ({ task, before, after, first, seconds }) =>
        `${task}: ${first.steps} steps in ${seconds.toFixed(0)} s, ${first.trainable.toLocaleString("en")} parameters, loss on what was held out ${before.toFixed(2)} → ${after.toFixed(2)}`,
    );
    return {
      status: statusOf(tasks.flatMap(({ before, after, seconds }) => [after < before, seconds < 60 * minutesInReach])),
      because: `SmolLM2-135M with LoRA, r = 8, on ${tasks[0]?.first.processor} without a card – ${text.join("; ")}.`,
    };
  },
};
