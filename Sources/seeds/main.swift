internal import Glibc

// Runs seeded simulations: `seeds producer --from 1 --count 10000`, `seeds consumer …`. Exit code 1 when a seed breaks a
// rule.
let arguments = CommandLine.arguments.dropFirst()
if arguments.first == "consumer" {
    exit(ConsumerSeeds.run(arguments.dropFirst()))
}
exit(SeedRunner.run(Array(arguments)))
