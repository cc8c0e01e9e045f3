internal import Glibc

// Runs seeded simulations: `seeds producer --from 1 --count 10000`, `seeds consumer …`. Exit code 1 when a seed breaks a
// rule.
exit(SeedRunner.run(Array(CommandLine.arguments.dropFirst())))
