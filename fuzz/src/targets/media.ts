// Pictures and recordings: PNG and JPEG by other people's decoders, WAV by ours, then resampled.

import { readWav } from "@lowrank/data";
import { resample } from "@lowrank/data/internal";
import jpeg from "jpeg-js";
import { PNG } from "pngjs";
import { decodeImage } from "../../../packages/lowrank/src/node/media/decode-image.ts";
import { mutateBytes } from "../inputs/mutate-bytes.ts";
import { demand, type Target } from "../target.ts";

const [width, height] = [16, 8];
const pixels = Buffer.from(Array.from({ length: width * height * 4 }, (_, at) => (at * 37) % 256));
const pictureSeeds = [
  ...([0, 2, 6] as const).map((colorType) =>
    PNG.sync.write(Object.assign(new PNG({ width, height }), { data: pixels }), { colorType }),
  ),
  jpeg.encode({ width, height, data: pixels }, 80).data,
];

export const pictures: Target = {
  generate: (random) => mutateBytes(random.pick(pictureSeeds), random),

  async check(input) {
    const image = await decodeImage(input, "picture");
    demand(image.data.length === 4 * image.width * image.height, "a picture without four bytes a pixel");
  },
};

/** A WAV file with 100 samples of some kind. */
function wav(kind: number, bits: number, sampleRate: number): Buffer {
  const file = Buffer.alloc(44 + (100 * bits) / 8, 7);
  file.write("RIFF    WAVEfmt ");
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(kind, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(sampleRate, 24);
  file.writeUInt16LE(bits, 34);
  file.write("data", 36);
  file.writeUInt32LE(file.length - 44, 40);
  return file;
}

const soundSeeds = [wav(1, 8, 8000), wav(1, 16, 16_000), wav(1, 24, 44_100), wav(3, 32, 48_000), wav(3, 64, 96_000)];

export const sounds: Target = {
  generate: (random) => mutateBytes(random.pick(soundSeeds), random),

  check(input) {
    const sound = readWav(input);
    const samples = resample(sound, 16_000);
    demand(samples.length === Math.ceil((sound.samples.length * 16_000) / sound.sampleRate), "samples were lost");
  },
};
