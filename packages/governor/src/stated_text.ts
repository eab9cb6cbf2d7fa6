export { sayStated, sayWatched } from "./view/stated_words.ts";
