// Claims about what adaptation costs: section 4.2 and table 1 of the paper.

import { standard } from "../../methods/lora.ts";
import { meanOf } from "../../training/mean-of.ts";
import { type Claim, notRun, statusOf } from "./claim.ts";

/** How far two equal times may differ on a machine with other work. */
const noise = 1.05;
/** The longest training that counts as within reach, on a processor without a GPU. */
const minutesInReach = 10;

export const noLatency: Claim = {
  title: "No inference cost after a merge",
  statement: "A merged LoRA is as fast as the model itself; adapter layers make the model slower.",
  source: "table 1",
  compared:
    "Milliseconds of a forward pass of MiniLM with the same inputs, 128 tokens a text. A prefix is computed here as tokens that pass through every layer, which costs more than keys and values alone.",
  judge({ latency, merged }) {
    const other =
      merged === undefined ? "" : ` ${merged.work}: merged ${merged.ratio} of its time (${merged.processor}).`;
    if (latency === undefined) {
      const { status, because } = notRun(
        "Adapter layers and prefixes were not timed yet on a machine without other work",
        "latency",
      );
      return {
        status: merged !== undefined && merged.ratio <= noise ? "partly" : status,
        because: `${because}${other}`,
      };
    }
    const timeOf = (text: string, batch: string) =>
      latency.rows.find(({ what }) => what.includes(text))?.milliseconds[batch] ?? Number.NaN;
    const ratio = (text: string, batch: string) => timeOf(text, batch) / timeOf("itself", batch);
    const both = (text: string) =>
      `${ratio(text, "1").toFixed(2)} (batch 1) and ${ratio(text, "16").toFixed(2)} (batch 16)`;
    const batches = Object.keys(latency.rows[0]?.milliseconds ?? {});
    return {
      status: statusOf([
        ratio(", merged", "1") <= noise && ratio(", merged", "16") <= noise,
        ratio("two a block", "1") > 1,
      ]),
      because: `merged LoRA takes ${both(", merged")} of the model's own time, two adapter layers a block ${both("two a block")}.${other}`,
      table: {
        head: [
          `fastest call (${latency.processor}, ${latency.engine})`,
          ...batches.map((batch) => `batch ${batch}, of ${latency.calls[batch]} calls`),
        ],
        rows: latency.rows.map(({ what, milliseconds }) => [
          what,
          ...batches.map((batch) => milliseconds[batch] ?? ""),
        ]),
      },
    };
  },
};

export const cheapTraining: Claim = {
  title: "Less memory and time in training",
  statement: "Training takes a third of the memory of full fine-tuning, and less time.",
  source: "section 4.2",
  compared: "The same step of the same model in this library, with LoRA and with all parameters.",
  judge({ training }) {
    if (training === undefined)
      return { status: "not run yet", because: "`npm run bench -- lora-vs-full` measures it." };
    const { work, ratio, rssRatioWithoutCopy, stateRatio, processor } = training;
    return {
      status: statusOf([rssRatioWithoutCopy < 1 / 3, ratio < 1]),
      because: `a step takes ${ratio} of the time and ${rssRatioWithoutCopy} of the memory.`,
      table: {
        head: [`${work.replace(/:.*/, "")} (${processor})`, "LoRA : all parameters"],
        rows: [
          ["time of a step", ratio],
          ["peak memory, without the frozen copy of the weights that our full fine-tuning keeps", rssRatioWithoutCopy],
          ["bytes for gradients and optimizer", `${(100 * stateRatio).toFixed(2)} %`],
        ],
      },
    };
  },
};

export const cheapSwitching: Claim = {
  title: "Many tasks on one model",
  statement: "Many tasks share one model: a task is a small file, and a switch to another task costs nothing.",
  source: "sections 1 and 4.2",
  compared:
    "One base model with its adapters, and as many full models. A text is computed with the adapter of the text before, or with another one.",
  judge({ switching }) {
    if (switching === undefined) return notRun("It needs the hundred adapters", "switching");
    const { about, adapters, adapterFileBytes, baseBytes, adaptersBytes, milliseconds } = switching;
    const mega = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
    return {
      status: statusOf([adapterFileBytes < baseBytes / 100, milliseconds.other <= noise * milliseconds.same]),
      because: `an adapter has ${mega(adapterFileBytes)}, the model ${mega(baseBytes)}, and a text takes ${milliseconds.other} ms after a switch and ${milliseconds.same} ms without one.`,
      table: {
        head: [about, `${adapters} adapters on one model`, `${adapters} models`],
        rows: [
          ["memory", mega(baseBytes + adaptersBytes), mega(adapters * baseBytes)],
          ["time to load one", `${milliseconds.attach} ms`, `${milliseconds.loadModel} ms`],
        ],
      },
    };
  },
};

export const instructionsWithinReach: Claim = {
  title: "Instruction tuning within reach",
  statement: "Everyone can teach a model to follow instructions.",
  source: "Alpaca, KoAlpaca",
  compared: `SmolLM2-135M before and after LoRA (r = 8, query and value), by the loss on held-out rows. The learning rate was searched on other rows. Within reach means at most ${minutesInReach} minutes on a processor without a GPU.`,
  judge({ instructions, korean }) {
    const tasks = Object.entries({ instructions, Korean: korean }).flatMap(([task, swept]) => {
      const runs = swept?.runs.filter(({ method }) => method === standard) ?? [];
      const [first] = runs;
      const before = swept?.untrained?.loss;
      if (swept === undefined || first === undefined || before === undefined) return [];
      const after = meanOf(runs.map((run) => run.after.loss ?? Number.NaN));
      return [{ task, before, after, first, seconds: meanOf(runs.map((run) => run.seconds)) }];
    });
    if (tasks.length < 2) return notRun("It needs LoRA on both", `instructions korean --only ${standard}`);
    const isTaught = tasks.map(({ before, after, seconds }) => [after < before, seconds < 60 * minutesInReach]);
    return {
      status: statusOf(isTaught.flat()),
      because: `${isTaught.filter((conditions) => conditions.every(Boolean)).length} of ${tasks.length} models have a lower loss after this time.`,
      table: {
        head: [`on ${tasks[0]?.first.processor}`, "steps", "seconds", "parameters", "loss before", "loss after"],
        rows: tasks.map(({ task, before, after, first, seconds }) => [
          task,
          first.steps,
          seconds.toFixed(0),
          first.trainable.toLocaleString("en"),
          before.toFixed(2),
          after.toFixed(2),
        ]),
      },
    };
  },
};
