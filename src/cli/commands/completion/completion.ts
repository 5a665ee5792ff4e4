import type { CommandBody } from '../../command/command-run.js';

export const completionCommand: CommandBody = {
  operands: '<shell>',
  operandHelp: 'bash, zsh or fish',
  operandValues: ['bash', 'zsh', 'fish'],
  description: [
    'Prints a script that teaches the shell this program: commands, options with their meaning where the shell shows it, values where there is a closed list, files, and the IDs of unfinished uploads.',
    'Keep it where the shell looks for such scripts, and print it again after an update; or have the shell read it at every start.',
  ],
  options: [],
  examples: [
    {
      command: 'completion bash > /etc/bash_completion.d/glacier-up',
      does: 'for bash with its bash-completion package, for all users',
    },
    { command: 'completion zsh > ~/.zfunc/_glacier-up', does: 'for zsh, if ~/.zfunc is in fpath' },
    { command: 'completion fish > ~/.config/fish/completions/glacier-up.fish', does: 'for fish' },
  ],
  iamActions: [],
  exitCodes: [],
  seeAlso: ['sessions'],
  files: [
    {
      path: '~/.local/share/bash-completion/completions/glacier-up, ~/.config/fish/completions/glacier-up.fish',
      help: 'Where bash-completion and fish look for the scripts of one user.',
    },
  ],
  notes: [
    'Without the bash-completion package put this line into ~/.bashrc: source <(glacier-up completion bash). In zsh a script that is sourced must come after compinit.',
    'Only completing a session ID runs this program, and only its sessions command.',
  ],
  run: async (command, operands) => (await import('./run.js')).run(command, operands),
};
