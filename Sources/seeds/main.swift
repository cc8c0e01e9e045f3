internal import Glibc

// Runs seeded simulations: `seeds producer --from 1 --count 10000`. Exit code 1 when a seed breaks a rule.
exit(SeedRunner.run(CommandLine.arguments.dropFirst().map { $0 }))
