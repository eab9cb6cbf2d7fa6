// Prompts are text files: the import carries `with { type: "text" }`.
declare module "*.md" {
  const text: string;
  export default text;
}
