import { expect, test } from "bun:test";
import { openLanguages } from "./languages.ts";
import { profileSchema, readProfile } from "./profile.ts";

const SECTIONS = { files: { endings: ["x"], names: [], programs: [] } };

test("a profile that is read bit by bit is the one that is read at once", () => {
  expect({ ...readProfile(SECTIONS) }).toEqual(profileSchema.parse(SECTIONS));
  const languages = openLanguages();
  for (const name of languages.names) {
    const whole = { ...languages.profile(name) };
    expect(profileSchema.parse(whole)).toEqual(whole);
  }
});

test("a section that is none is refused at once, and what is wrong in one when it is asked for", () => {
  expect(() => readProfile({ ...SECTIONS, fils: {} })).toThrow("fils");
  const profile = readProfile({ ...SECTIONS, merge: { strange: 1 } });
  expect(profile.units.values).toEqual([]);
  expect(() => profile.merge).toThrow("strange");
  expect(() => profile.merge).toThrow("strange");
});
