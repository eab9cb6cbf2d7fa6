/** Where a project's configuration stands, from the root of its repository. */
export const PROJECT_FILE = ".dgov/project.toml";
