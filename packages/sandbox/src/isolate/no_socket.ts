/** How programs say that they were given no socket. None of ours depends on it: it finds the words for a note. */
const REFUSED = [
  /\b_?(socket|listen|bind)[\s\S]{0,200}?(permission ?denied|EACCES)/i,
  /(permission ?denied|EACCES)[^\n]{0,80}(\b127\.0\.0\.1|\blocalhost|::1?\b|socket)/i,
  /EAI_AGAIN localhost\b/i,
];

/** What a command is told that wanted a socket where there are none at all; none where hosts are open to it. */
export function socketNotes(output: string, env: Readonly<Record<string, string>>): string[] {
  if (env.HTTP_PROXY !== undefined || !REFUSED.some((words) => words.test(output))) return [];
  return [
    'CONFINED: there are no sockets here, also none for a server of its own on localhost; the project can give those with [sandbox] hosts = ["localhost"], and with gate_hosts to its gates',
  ];
}
