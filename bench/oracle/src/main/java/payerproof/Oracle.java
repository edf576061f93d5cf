package payerproof;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.SingleValidationMessage;
import ca.uhn.fhir.validation.ValidationResult;
import java.io.FileInputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.UnknownCodeSystemWarningValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.StructureDefinition;
import org.hl7.fhir.r5.utils.validation.constants.BestPracticeWarningLevel;
import org.hl7.fhir.r5.utils.validation.constants.ReferenceValidationPolicy;
import org.hl7.fhir.utilities.npm.NpmPackage;
import org.hl7.fhir.validation.instance.advisor.BasePolicyAdvisorForFullValidation;

/**
 * The HL7 validator on a folder: {@code Oracle RESOURCES OUTPUT ROUNDS PACKAGE.tgz...}.
 *
 * <p>Writes one line per file and message: file, severity, location, message, tab-separated; a file
 * without messages has one line "clean". Then, per file, the best of ROUNDS warm validations in
 * microseconds as "time".
 */
public final class Oracle {
  private Oracle() {}

  /** See the class. */
  public static void main(String[] args) throws Exception {
    FhirContext context = FhirContext.forR4();
    PrePopulatedValidationSupport guides = new PrePopulatedValidationSupport(context);
    for (int i = 3; i < args.length; i++) {
      load(context, guides, Path.of(args[i]));
    }
    UnknownCodeSystemWarningValidationSupport unknown =
        new UnknownCodeSystemWarningValidationSupport(context);
    unknown.setNonExistentCodeSystemSeverity(IValidationSupport.IssueSeverity.WARNING);
    ValidationSupportChain chain =
        new ValidationSupportChain(
            new DefaultProfileValidationSupport(context),
            guides,
            new CommonCodeSystemsTerminologyService(context),
            new InMemoryTerminologyServerValidationSupport(context),
            new SnapshotGeneratingValidationSupport(context),
            unknown);
    FhirInstanceValidator instance = new FhirInstanceValidator(chain);
    instance.setAnyExtensionsAllowed(true);
    instance.setErrorForUnknownProfiles(false);
    // As HL7's own command line: vital signs bring R4's profiles with them.
    instance.setValidatorPolicyAdvisor(
        new BasePolicyAdvisorForFullValidation(ReferenceValidationPolicy.IGNORE));
    instance.setBestPracticeWarningLevel(BestPracticeWarningLevel.Ignore);
    FhirValidator validator = context.newValidator().registerValidatorModule(instance);
    List<Path> files;
    try (Stream<Path> walk = Files.list(Path.of(args[0]))) {
      files = walk.filter(p -> p.toString().endsWith(".json")).sorted().collect(Collectors.toList());
    }
    int rounds = Integer.parseInt(args[2]);
    try (PrintStream out = new PrintStream(args[1], StandardCharsets.UTF_8)) {
      for (Path file : files) {
        judge(validator, file, rounds, out);
      }
    }
  }

  private static void judge(FhirValidator validator, Path file, int rounds, PrintStream out)
      throws Exception {
    String text = Files.readString(file);
    String name = file.getFileName().toString();
    ValidationResult result = null;
    long best = Long.MAX_VALUE;
    for (int round = 0; round <= rounds; round++) {
      long start = System.nanoTime();
      try {
        result = validator.validateWithResult(text);
      } catch (RuntimeException why) {
        out.println(name + "\tfatal\t\t" + flat(String.valueOf(why.getMessage())));
        return;
      }
      best = Math.min(best, System.nanoTime() - start);
    }
    List<SingleValidationMessage> messages = new ArrayList<>(result.getMessages());
    for (SingleValidationMessage message : messages) {
      out.println(
          name
              + "\t"
              + message.getSeverity().getCode()
              + "\t"
              + message.getLocationString()
              + "\t"
              + flat(String.valueOf(message.getMessage())));
    }
    if (messages.isEmpty()) {
      out.println(name + "\tclean\t\t");
    }
    out.println(name + "\ttime\t" + best / 1000 + "\t");
  }

  private static String flat(String text) {
    return text.replaceAll("\\s+", " ");
  }

  private static void load(FhirContext context, PrePopulatedValidationSupport guides, Path path)
      throws Exception {
    NpmPackage found;
    try (InputStream stream = new FileInputStream(path.toFile())) {
      found = NpmPackage.fromPackage(stream);
    }
    for (String name : found.listResources("StructureDefinition", "ValueSet", "CodeSystem")) {
      if (name.startsWith(".")) {
        continue;
      }
      try (InputStream stream = found.load("package", name)) {
        String text = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        IBaseResource resource = context.newJsonParser().parseResource(text);
        if (resource instanceof StructureDefinition) {
          StructureDefinition definition = (StructureDefinition) resource;
          if (definition.getVersion() == null) {
            definition.setVersion(found.version());
          }
        }
        guides.addResource(resource);
      } catch (RuntimeException why) {
        System.err.println(path.getFileName() + " " + name + ": " + why.getMessage());
      }
    }
  }
}
