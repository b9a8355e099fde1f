// lowrank train: an adapter out of a model and data. Options here, the work in train/run-train.ts.

import { type Command, Option } from "commander";
import type { CommandIo } from "../io.ts";
import { addComparisonOptions } from "../options/comparison-options.ts";
import { addDistillationOptions } from "../options/distillation-options.ts";
import { integerIn, nameList, numberIn, targetModules } from "../options/parse-values.ts";
import { addPreferenceOptions } from "../options/preference-options.ts";
import {
  basePrecisionOption,
  columnsOption,
  dataOption,
  differentBaseOption,
  headerOption,
  maxTargetLengthOption,
  modelOption,
  outOption,
  seedOption,
  skipBadRowsOption,
  templateOption,
  withEngine,
  withExamples,
} from "../options/shared-options.ts";
import { addTrainerOptions, schedules } from "../options/trainer-options.ts";
import { variantOptions } from "../options/variant-options.ts";
import { recipeOption } from "../recipe/recipe-schema.ts";
import { recipeWriter } from "../recipe/write-recipe.ts";
import { createReport } from "../terminal/report.ts";
import { biasModes, measuringStarts, starts, type TrainOptions, trainableTasks } from "../train/train-options.ts";

/** Adds the command to the program. */
export function addTrainCommand(program: Command, io: CommandIo): void {
  const command = program
    .command("train")
    .summary("train a LoRA adapter")
    .description(
      [
        "Trains a LoRA adapter on data and writes it to --out as PEFT does, with a model card and metrics.jsonl.",
        "Rows of the data are text (prompt/completion, instruction/input/output, text), answers that people judged " +
          "(prompt/chosen/rejected, or prompt/completion with a label of true or false), conversations (messages, or " +
          "conversations as ShareGPT has them), sentences with a label, or tokenised " +
          '({"input_ids": [...], "labels": [...]}), or questions with the place of their answer ' +
          "(question/context/answers, as SQuAD's). Rows with a label train a classifier, texts that belong together or have a score (anchor/positive/negative, " +
          "sentence1/sentence2/score) the embeddings of a model for search, or a reranker, on a base that is one or with --task sequence-classification. The loss counts the " +
          "answers, not the prompts. An encoder–decoder (T5, BART) reads the prompt and learns to write the answer.",
        "Ctrl-C finishes the step and saves (exit code 130); --resume goes on from there.",
      ].join("\n\n"),
    );
  addTrainingOptions(command);
  withExamples(
    withEngine(command),
    "lowrank train --model ./tiny --data pairs.jsonl --out ./adapter --target-modules all-linear --steps 200",
    "lowrank train --model ./tiny --data more.jsonl --adapter ./adapter --out ./adapter-2 --epochs 1",
    'lowrank train --model ./tiny --data facts.jsonl --out ./facts --add-tokens "<fact>" "</fact>"',
    "lowrank train --recipe adapter/recipe.yaml --out ./the-same-adapter",
  ).action(async (options: TrainOptions) => {
    const { runTrain } = await import("../train/run-train.ts");
    await runTrain(options, { report: createReport(io, options), recipe: recipeWriter(command, options) });
  });
}

/** The options that say what is trained on what, and how. */
export function addTrainingOptions(command: Command): void {
  addFiles(command);
  addAdapterShape(command);
  addTokenOptions(command);
  addSchedule(command);
  addComparisonOptions(command);
  addPreferenceOptions(command);
  addDistillationOptions(command);
  command.optionsGroup("Options:");
}

function addFiles(command: Command): void {
  command
    .optionsGroup("Files:")
    .addOption(recipeOption())
    .addOption(modelOption())
    .addOption(dataOption())
    .addOption(outOption("folder to write the adapter to"))
    .option("--overwrite", "replace --out if an earlier run wrote it")
    .option("--adapter <path>", "continue this PEFT adapter instead of starting a new one")
    .addOption(differentBaseOption())
    .addOption(basePrecisionOption())
    .option("--resume", "go on with the interrupted run in --out")
    .option(
      "--verify-base",
      "note the SHA-256 of the base's weight files, so that --resume refuses a base of which one bit is another",
    )
    .option("--validation <files...>", "measure the loss on these as well, named as --data")
    .addOption(
      new Option("--validation-share <share>", "hold out this share of the data, split by prompt")
        .argParser(numberIn({ above: 0, max: 0.9 }))
        .conflicts("validation"),
    )
    .addOption(
      new Option(
        "--task <name>",
        "head to train: token-classification for rows with a class for each token (default: a classifier for rows with " +
          "one label, else the base's own)",
      ).choices(trainableTasks),
    )
    .addOption(
      new Option(
        "--problem-type <name>",
        "what labels of rows are, where they leave it open: a fraction among them makes a regression, lists any number of " +
          "classes a row, anything else one class",
      ).choices(["regression", "single_label_classification", "multi_label_classification"]),
    )
    .addOption(columnsOption())
    .addOption(headerOption())
    .addOption(skipBadRowsOption())
    .addOption(templateOption("how a row becomes text; chat is the model's own (default: what suits the rows)"))
    .addOption(
      new Option(
        "--max-length <number>",
        "cut rows after so many tokens (default: 512 or the model's limit)",
      ).argParser(integerIn({ min: 2 })),
    )
    .addOption(maxTargetLengthOption());
}

function addAdapterShape(command: Command): void {
  command
    .optionsGroup("Adapter:")
    .addOption(
      new Option("--rank <number>", "rank of the update (default: 8)").argParser(integerIn({ min: 1, max: 4096 })),
    )
    .addOption(new Option("--alpha <number>", "its scale is alpha / rank (default: 16)").argParser(numberIn()))
    .addOption(
      new Option("--dropout <rate>", "dropout before A (default: 0)").argParser(numberIn({ min: 0, below: 1 })),
    )
    .addOption(
      new Option(
        "--target-modules <names>",
        "what to adapt: a,b | all-linear | a regular expression (default: PEFT's choice for the model)",
      ).argParser(targetModules),
    )
    .option("--allow-unmatched-targets", "train those that match, where a name of --target-modules matches nothing")
    .option("--use-rslora", "scale by alpha / √rank");
  for (const { flag, help } of variantOptions) command.option(flag, help);
  command
    .addOption(
      new Option(
        "--init <name>",
        `how pairs start: by chance with B zero, from the weights, or – ${measuringStarts.join(", ")} – from what the ` +
          "model makes of the data (default: default)",
      ).choices(starts),
    )
    .addOption(
      new Option(
        "--init-batches <number>",
        `how many batches ${measuringStarts.join(", ")} look at (default: 16)`,
      ).argParser(integerIn({ min: 1 })),
    )
    .addOption(new Option("--bias <which>", "biases of the base to train (default: none)").choices(biasModes))
    .addOption(
      new Option("--modules-to-save <names>", "train these modules whole and save them with the adapter").argParser(
        nameList,
      ),
    )
    .option(
      "--lora-config <file>",
      "an adapter_config.json with any field of PEFT's LoraConfig (rank_pattern, layers_to_transform, …); fields that " +
        "it lacks have PEFT's defaults, and options here go before it",
    );
}

function addTokenOptions(command: Command): void {
  command
    .optionsGroup("Tokens:")
    .option(
      "--add-tokens <tokens...>",
      "add these to the tokenizer, which is written to --out as well, and train their rows of the model's tables",
    )
    .option("--add-tokens-file <file>", "the same with a token a line")
    .option("--add-as-special", "add them as marks such as </s>, which generated text leaves out");
}

function addSchedule(command: Command): void {
  command
    .optionsGroup("Training:")
    .addOption(
      new Option("--epochs <number>", "passes over the data, 0.5 for half of it (default: 3)").argParser(
        numberIn({ above: 0 }),
      ),
    )
    .addOption(new Option("--steps <number>", "optimiser steps").argParser(integerIn({ min: 1 })).conflicts("epochs"))
    .addOption(new Option("--batch-size <number>", "rows a batch").argParser(integerIn({ min: 1 })).default(8))
    .addOption(
      new Option(
        "--batch-tokens <number>",
        "in place of --batch-size: as many whole rows a batch as have together no more than so many tokens (packing)",
      )
        .argParser(integerIn({ min: 1 }))
        .conflicts("batchSize")
        .implies({ batchSize: undefined }),
    )
    .addOption(
      new Option("--accumulate <number>", "batches an optimiser step, as one large batch")
        .argParser(integerIn({ min: 1 }))
        .default(1),
    )
    .addOption(
      new Option("--learning-rate <rate>", "peak learning rate").argParser(numberIn({ above: 0 })).default(5e-4),
    )
    .addOption(new Option("--schedule <name>", "learning rate after the warm-up").choices(schedules).default("linear"))
    .addOption(new Option("--warmup-steps <number>", "steps of rising learning rate").argParser(integerIn({ min: 0 })))
    .addOption(
      new Option("--warmup-ratio <share>", "the same as a share of all steps (default: 0.03)")
        .argParser(numberIn({ min: 0, max: 1 }))
        .conflicts("warmupSteps"),
    )
    .addOption(new Option("--weight-decay <rate>", "the optimiser's").argParser(numberIn({ min: 0 })).default(0.01))
    .addOption(
      new Option("--clip-norm <norm>", "largest norm of all gradients, 0 for none")
        .argParser(numberIn({ min: 0 }))
        .default(1),
    )
    .addOption(
      new Option(
        "--gradient-checkpointing [blocks]",
        "less memory, more time: keep what goes into every block, or every so many, and compute the rest twice",
      ).argParser(integerIn({ min: 1 })),
    )
    .option(
      "--group-by-length",
      "put rows of like length together, which pads less (default: by chance, or as the run that --resume goes on with)",
    )
    .option("--no-group-by-length", "batch rows by chance alone")
    .addOption(seedOption("seed of the adapter, the order of the data and dropout"))
    .addOption(
      new Option(
        "--eval-every <steps>",
        "measure the validation loss so often (default: after each epoch, ten times at most)",
      ).argParser(integerIn({ min: 1 })),
    )
    .addOption(
      new Option(
        "--save-every <steps>",
        "save a checkpoint so often, and after each validation that is the best so far",
      ).argParser(integerIn({ min: 1 })),
    );
  addTrainerOptions(command);
}
