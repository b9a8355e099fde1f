// Sentences about people, each with the facts that it states. Names, cities and sentences of the test occur in no lesson.

/** A sentence, and the values that an answer about it has. */
export interface Person {
  readonly text: string;
  readonly name: string;
  readonly age: number;
  readonly city: string;
}

interface Words {
  readonly names: readonly string[];
  readonly cities: readonly string[];
  readonly sentences: readonly string[];
}

const forLessons: Words = {
  names: words(
    "Ada,Ben,Carla,David,Elena,Farid,Grace,Hugo,Ines,Jonas,Kira,Leo,Mara,Nils,Olga,Paul,Rosa,Sami,Tara,Yusuf",
  ),
  cities: words("Paris,Berlin,Lima,Oslo,Rome,Cairo,Delhi,Boston,Quito,Seoul,Porto,Dublin,Accra,Zurich,Tokyo,Madrid"),
  sentences: [
    "NAME is AGE years old and lives in CITY.",
    "My neighbour NAME, AGE, moved here from CITY.",
    "In CITY we met NAME, who is AGE.",
    "At the age of AGE, NAME opened a bakery in CITY.",
    "NAME from CITY has just turned AGE.",
    "This is NAME. I am AGE and I call from CITY.",
    "The winner comes from CITY: NAME, aged AGE.",
    "NAME (AGE) teaches music at a school in CITY.",
  ],
};

const forTest: Words = {
  names: words("Anton,Bruno,Clara,Dora,Emil,Fiona,Greta,Henry,Ivan,Julia,Karim,Linda,Milan,Nora,Oscar"),
  cities: words("London,Vienna,Athens,Lagos,Milan,Prague,Warsaw,Denver,Kyoto,Hanoi"),
  sentences: [
    "NAME, a nurse of AGE, works in CITY.",
    "After AGE years in CITY, NAME still lives where she was born.",
    "CITY is the home of NAME, who will soon be older than AGE.",
    "We asked NAME, AGE years of age, about life in CITY.",
    "NAME wrote to us from CITY at the age of AGE.",
  ],
};

/** As many people as asked for, always the same ones. */
export function people(of: "lessons" | "test", count: number): readonly Person[] {
  const { names, cities, sentences } = of === "lessons" ? forLessons : forTest;
  // Steps without a common divisor with the lists' lengths draw new combinations.
  return Array.from({ length: count }, (_, index) => {
    const [name, city] = [pick(names, index * 7), pick(cities, index * 3 + Math.floor(index / 5))];
    const age = 18 + ((index * 29) % 70);
    const text = pick(sentences, index).replace("NAME", name).replace("CITY", city).replace("AGE", String(age));
    return { text, name, age, city };
  });
}

function pick<T>(list: readonly T[], index: number): T {
  return list[index % list.length] as T;
}

function words(text: string): readonly string[] {
  return text.split(",");
}
