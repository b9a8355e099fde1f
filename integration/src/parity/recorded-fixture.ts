// A fixture that knows what was read of it, so that nothing a case expects can go by unnoticed: a tensor that no check
// asked for, or a result in expected.json that nothing was compared with, makes the case fail by name.

import type { Fixture, FixtureTensor } from "@lowrank/testing";

/** A fixture and what nobody has asked for yet. */
export interface RecordedFixture {
  readonly fixture: Fixture;
  /** Tensors of expected.safetensors that were not read by name, in the file's order. */
  unreadTensors(): readonly string[];
  /** Keys of expected.json that were not read. */
  unreadKeys(): readonly string[];
}

/** Records what is read of a fixture by name. Listing names, or going through all tensors, is not reading. */
export function recordReads(fixture: Fixture): RecordedFixture {
  const [readTensors, readKeys] = [new Set<string>(), new Set<string>()];
  const tensors = new RecordingMap(fixture.tensors, (name) => {
    for (const one of [name, ...partsOf(name)]) readTensors.add(one);
  });
  const recorded: Fixture = {
    ...fixture,
    expected: recordingObject(fixture.expected, (key) => readKeys.add(key)),
    tensors,
    tensor: (name) => tensors.get(name) ?? fixture.tensor(name), // which explains what there is instead
  };
  return {
    fixture: recorded,
    unreadTensors: () =>
      [...fixture.tensors.keys()].filter((name) => !readTensors.has(name) && !isJoined(fixture, name)),
    unreadKeys: () => Object.keys(fixture.expected).filter((key) => !readKeys.has(key)),
  };
}

class RecordingMap extends Map<string, FixtureTensor> {
  readonly #onRead: (name: string) => void;

  constructor(tensors: ReadonlyMap<string, FixtureTensor>, onRead: (name: string) => void) {
    super(tensors);
    this.#onRead = onRead;
  }

  override get(name: string): FixtureTensor | undefined {
    this.#onRead(name);
    return super.get(name);
  }
}

/** Where answers start and end are two tensors in the file, which `readFixture` joins to "….logits". */
function partsOf(name: string): readonly string[] {
  return ["start_logits", "end_logits"].map((part) => name.replace(/logits$/, part));
}

/** Whether a tensor is in the fixture only because its two parts are in the file: these are named instead. */
function isJoined({ tensors }: Fixture, name: string): boolean {
  return name.endsWith("logits") && partsOf(name).every((part) => part !== name && tensors.has(part));
}

function recordingObject(
  values: Readonly<Record<string, unknown>>,
  onRead: (key: string) => void,
): Readonly<Record<string, unknown>> {
  const properties = Object.entries(values).map(([key, value]) => {
    const get = () => {
      onRead(key);
      return value;
    };
    return [key, { get, enumerable: true }] as const;
  });
  return Object.defineProperties({}, Object.fromEntries(properties));
}
