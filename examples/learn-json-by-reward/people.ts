// Sentences about people, each with the facts that it states. The test's names, cities and sentences occur in no lesson.

/** A sentence, and the values that an answer about it has. */
export interface Person {
  readonly text: string;
  readonly name: string;
  readonly age: number;
  readonly city: string;
}

const words = {
  lessons: {
    names: "Ada,Ben,Carla,David,Elena,Farid,Grace,Hugo,Ines,Jonas,Kira,Leo,Mara,Nils,Olga,Paul,Rosa,Sami,Tara,Yusuf",
    cities: "Paris,Berlin,Lima,Oslo,Rome,Cairo,Delhi,Boston,Quito,Seoul,Porto,Dublin,Accra,Zurich,Tokyo,Madrid",
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
  },
  test: {
    names: "Anton,Bruno,Clara,Dora,Emil,Fiona,Greta,Henry,Ivan,Julia,Karim,Linda,Milan,Nora,Oscar",
    cities: "London,Vienna,Athens,Lagos,Milan,Prague,Warsaw,Denver,Kyoto,Hanoi",
    sentences: [
      "NAME, a nurse of AGE, works in CITY.",
      "AGE years ago NAME was born in CITY.",
      "CITY is the home of NAME, who is AGE today.",
      "We asked NAME, AGE years of age, about life in CITY.",
      "NAME wrote to us from CITY at the age of AGE.",
    ],
  },
};

/** As many people as asked for, always the same ones. */
export function people(of: keyof typeof words, count: number): readonly Person[] {
  const [names, cities] = [words[of].names.split(","), words[of].cities.split(",")];
  const pick = (list: readonly string[], index: number) => list[index % list.length] as string;
  // Other steps through each list, so that combinations are new for long.
  return Array.from({ length: count }, (_, index) => {
    const [name, city] = [pick(names, index * 7), pick(cities, index * 3 + Math.floor(index / 5))];
    const age = 18 + ((index * 29) % 70);
    const sentence = pick(words[of].sentences, index);
    return { text: sentence.replace("NAME", name).replace("CITY", city).replace("AGE", `${age}`), name, age, city };
  });
}
