export { sayWhole } from "./view/whole_text.ts";
